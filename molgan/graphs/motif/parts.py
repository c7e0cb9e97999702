"""What each action adds to properties that motifs roughly add up to."""

from __future__ import annotations

import numpy as np
from rdkit import Chem

from molgan.chem.motifs import Motif, write
from molgan.chem.templates import template
from molgan.graphs.motif.actions import Vocabulary
from molgan.graphs.motif.motif_data import Measure

_METHYL = Motif("C")


def measure_parts(vocabulary: Vocabulary, measure: Measure) -> np.ndarray:
    """What each action adds to the properties of a molecule, float32 [actions, names].

    That of a motif is what methane gains when the motif replaces one of its hydrogens; a motif that cannot be bound is
    measured alone. Structural actions, spelled atoms and what fails add 0.
    """
    parts = np.zeros((len(vocabulary), len(measure.names)), dtype=np.float32)
    methane = measure([Chem.MolFromSmiles("C")])
    bound = {smiles: template(smiles).capacity[0] > 0 for smiles in vocabulary.motifs}
    written = [write(Motif(smiles, ((0, _METHYL),)) if bound[smiles] else Motif(smiles)) for smiles in bound]
    values = measure([Chem.MolFromSmiles(smiles) for smiles in written])
    values[list(bound.values())] -= methane
    parts[list(vocabulary.index.values())] = np.nan_to_num(values)
    return parts
