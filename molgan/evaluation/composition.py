"""What the molecules of a set have: properties, activations of ChemNet, ring systems, functional groups, scaffolds."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from rdkit import rdBase

from molgan.base.parallel import map_chunks
from molgan.base.progress import Progress, Silent
from molgan.chem.compound_classes import find_compound_classes
from molgan.chem.fingerprints import murcko_scaffold
from molgan.chem.functional_groups import find_functional_groups
from molgan.chem.molecule import parse_all
from molgan.chem.ring_systems import find_ring_systems
from molgan.evaluation import chemnet
from molgan.evaluation.molecule_features import CHUNK

PROPERTIES = ("mw", "logp", "tpsa", "qed", "sa", "hbd", "hba", "rotatable_bonds", "rings", "fsp3")
"""Scorers whose distributions are compared."""

KINDS = {"rings": "ring system", "groups": "functional group", "scaffolds": "scaffold"}
"""What is counted, and what one of it is called."""


class Composition(NamedTuple):
    """Of one molecule: canonical SMILES, `PROPERTIES`, the distinct SMILES of each of `KINDS`, and the names of its
    classes of compounds."""

    smiles: str
    properties: tuple[float, ...]
    rings: tuple[str, ...]
    groups: tuple[str, ...]
    scaffolds: tuple[str, ...]
    classes: tuple[str, ...]


@dataclass(frozen=True)
class MoleculeSet:
    """The valid molecules of a set, in order. `given` is the number of all, and `rows` int [n] the place of each valid
    one among them. `properties` float64 [n, len(PROPERTIES)], `activations` float32 [n, 512]."""

    given: int
    rows: NDArray[np.int64]
    molecules: list[Composition]
    properties: NDArray[np.float64]
    activations: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.molecules)

    def select(self, rows: NDArray[np.int64]) -> "MoleculeSet":
        """The valid molecules at these places."""
        chosen = [self.molecules[row] for row in rows.tolist()]
        return MoleculeSet(self.given, self.rows[rows], chosen, self.properties[rows], self.activations[rows])


def describe_set(
    smiles: Sequence[str | None], *, n_jobs: int = 1, task: str = "molecules", progress: Progress | None = None
) -> MoleculeSet:
    """The set of SMILES, of which invalid ones are None or invalid text. `task`: what `progress` calls it. Takes some 5
    ms a molecule."""
    texts = [text if isinstance(text, str) else "" for text in smiles]
    parts = map_chunks(describe_molecules, texts, CHUNK, n_jobs, task=task, progress=progress or Silent())
    found = list(chain.from_iterable(parts))
    rows = np.array([i for i, each in enumerate(found) if each is not None], np.int64)
    molecules = [each for each in found if each is not None]
    properties = np.array([each.properties for each in molecules], np.float64).reshape(-1, len(PROPERTIES))
    active = chemnet.activations([each.smiles for each in molecules], progress=progress)
    return MoleculeSet(len(texts), rows, molecules, properties, active)


def describe_molecules(smiles: list[str]) -> list[Composition | None]:
    """One for each SMILES, in order; None for what is invalid, or breaks RDKit."""
    from molgan.scoring.batch import Batch
    from molgan.scoring.registry import get_scorer

    molecules = parse_all(smiles)
    batch = Batch.of(molecules)
    columns = np.stack([get_scorer(name)(batch).values for name in PROPERTIES], axis=1)
    found: list[Composition | None] = []
    with rdBase.BlockLogs():
        for molecule, row in zip(molecules, columns.tolist(), strict=True):
            try:
                found.append(
                    None
                    if molecule.mol is None
                    else Composition(
                        str(molecule.smiles),
                        tuple(row),
                        tuple(find_ring_systems(molecule.mol)),
                        tuple(find_functional_groups(molecule.mol)),
                        tuple(filter(None, [murcko_scaffold(molecule.mol)])),
                        tuple(find_compound_classes(molecule.mol)),
                    )
                )
            except Exception:  # RDKit's broken invariants arrive as RuntimeError, ValueError and others
                found.append(None)
    return found
