"""Descriptors shared by several filters: each molecule's descriptors are computed once."""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from molgan.chem.molecule import Molecule
from molgan.scoring.batch import Batch
from molgan.scoring.fast.descriptors import Descriptors

SHARED = 1024
"""Number of molecules whose descriptors are kept; at most this many should pass several filters at a time."""


def make_batch(molecules: Sequence[Molecule]) -> Batch:
    """A batch of valid molecules for scorers, with the descriptors computed before for the same objects."""
    distinct: list[Descriptors] = []
    place: dict[str, int] = {}
    for molecule in molecules:
        smiles = str(molecule.smiles)
        if smiles not in place:
            place[smiles] = len(place)
            distinct.append(_descriptors(molecule))
    return Batch(list(molecules), distinct, np.array([place[str(molecule.smiles)] for molecule in molecules], np.intp))


@lru_cache(maxsize=SHARED)
def _descriptors(molecule: Molecule) -> Descriptors:
    assert molecule.smiles is not None and molecule.mol is not None
    return Descriptors(molecule.smiles, molecule.mol)
