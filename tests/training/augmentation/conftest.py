"""Toy data and sources: molecules that differ by a methyl group, which takes no network to make."""

import sys
from collections.abc import Sequence
from types import ModuleType

import numpy as np
import pytest
from rdkit import Chem

from molgan.chem.shipped_sets import load_reference
from molgan.models.qsar.measurements import Measured
from molgan.training.augmentation.settings import AugmentSettings

SMILES = [record.smiles for record in load_reference("moses_reference_1000")]
MOLS = [Chem.MolFromSmiles(smiles) for smiles in SMILES]
ATOMS = np.array([float(mol.GetNumHeavyAtoms()) for mol in MOLS])
FAST = AugmentSettings(trees=10, seeds=2, folds=3, similarity=0.4, most_uncertain=1.0)


class MethylSource:
    """A methyl group in place of a hydrogen."""

    name, knows_parents = "methyl", True

    def study(self, mols: Sequence[Chem.Mol], seed: int) -> None:
        pass

    def draw(self, mols: Sequence[Chem.Mol], numbers: Sequence[int], seed: int, turn: int) -> list[str | None]:
        rng = np.random.default_rng([seed, turn])
        found: list[str | None] = []
        for mol in mols:
            open_ = [atom.GetIdx() for atom in mol.GetAtoms() if atom.GetTotalNumHs()]
            changed = Chem.RWMol(mol)
            changed.AddBond(int(rng.choice(open_)), changed.AddAtom(Chem.Atom(6)), Chem.BondType.SINGLE)
            valid = Chem.SanitizeMol(changed, catchErrors=True) == Chem.SanitizeFlags.SANITIZE_NONE
            found.append(Chem.MolToSmiles(changed) if valid else None)
        return found


class FixedSource:
    """Given molecules, again and again."""

    name, knows_parents = "fixed", False

    def __init__(self, smiles: Sequence[str | None]) -> None:
        self._smiles = smiles

    def study(self, mols: Sequence[Chem.Mol], seed: int) -> None:
        pass

    def draw(self, mols: Sequence[Chem.Mol], numbers: Sequence[int], seed: int, turn: int) -> list[str | None]:
        return [self._smiles[i % len(self._smiles)] for i in range(len(mols))]


def measure_atoms(count: int = 60) -> Measured:
    """Molecules with their numbers of heavy atoms."""
    return Measured(SMILES[:count], MOLS[:count], ATOMS[:count], "regression", lines=[(i + 2,) for i in range(count)])


def measure_classes(rare: Sequence[int], count: int = 60) -> Measured:
    """Molecules of class 0, but those of some numbers, which are of class 1."""
    target = np.zeros(count)
    target[list(rare)] = 1
    return Measured(SMILES[:count], MOLS[:count], target, "classification", lines=[(i + 2,) for i in range(count)])


@pytest.fixture
def toys() -> ModuleType:
    """This module."""
    return sys.modules[__name__]
