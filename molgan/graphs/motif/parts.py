"""What each action adds to the properties of a molecule."""

from __future__ import annotations

import numpy as np
from rdkit import Chem
from scipy import linalg, sparse

from molgan.chem.motifs import Motif, write
from molgan.chem.templates import template
from molgan.graphs.motif.actions import Vocabulary
from molgan.graphs.motif.motif_data import ActionData, Measure

# Properties that motifs add up to, more or less; others have no value for a motif alone.
ADDITIVE = ("mw", "logp", "tpsa", "hbd", "hba", "rings", "aromatic_rings", "charge")
_METHYL = Motif("C")
_MOST = 200_000  # molecules that the sums are fitted to
_RIDGE = 3.0  # molecules' worth of doubt that an action differs from what is measured


def measure_parts(vocabulary: Vocabulary, measure: Measure) -> np.ndarray:
    """What each motif adds to the properties of a molecule by itself, float32 [actions, names].

    That of a motif is what methane gains when the motif replaces one of its hydrogens; a motif that cannot be bound is
    measured alone. Structural actions, spelled atoms, what fails and properties outside `ADDITIVE` add 0.
    """
    parts = np.zeros((len(vocabulary), len(measure.names)), dtype=np.float32)
    methane = measure([Chem.MolFromSmiles("C")])
    bound = {smiles: template(smiles).capacity[0] > 0 for smiles in vocabulary.motifs}
    written = [write(Motif(smiles, ((0, _METHYL),)) if bound[smiles] else Motif(smiles)) for smiles in bound]
    values = measure([Chem.MolFromSmiles(smiles) for smiles in written])
    values[list(bound.values())] -= methane
    parts[list(vocabulary.index.values())] = np.nan_to_num(values)
    parts[:, [name not in ADDITIVE for name in measure.names]] = 0
    return parts


def fit_parts(data: ActionData, measure: Measure) -> tuple[np.ndarray, np.ndarray]:
    """What each action adds to the properties of a molecule, as the data say: ridge regression of the properties on the
    counts of actions, towards `measure_parts`.

    Returns:
        float32 [actions + 1, names], the last row being what every molecule has, and the mean absolute error of the
        sums, float32 [names].
    """
    if data.properties is None:
        raise ValueError("the data have no properties")
    actions, molecules = len(data.vocabulary), min(len(data), _MOST)
    known = np.isfinite(data.properties[:molecules]).all(1)
    flat = np.asarray(data.actions[: data.offsets[molecules]], dtype=np.int64)
    rows = np.repeat(np.arange(molecules), data.lengths[:molecules])
    counts = sparse.csr_matrix((np.ones(len(flat)), (rows, flat)), shape=(molecules, actions))
    counts = sparse.hstack([counts, np.ones((molecules, 1))]).tocsr()[known]
    measured = np.vstack([measure_parts(data.vocabulary, measure), np.zeros((1, len(measure.names)))])
    unexplained = data.properties[:molecules][known] - counts @ measured
    square = (counts.T @ counts).toarray()
    square[np.diag_indices(actions)] += _RIDGE
    parts = measured + linalg.solve(square, counts.T @ unexplained, assume_a="pos")
    errors = np.abs(data.properties[:molecules][known] - counts @ parts).mean(0)
    return parts.astype(np.float32), errors.astype(np.float32)
