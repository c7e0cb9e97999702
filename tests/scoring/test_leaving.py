"""A scorer that calls sys.exit ends neither the run nor its process."""

import sys

import pytest
from rdkit import Chem

from molgan.scoring.base import DescriptorScorer, Scorer
from molgan.scoring.fast.descriptors import Descriptors


class Leaves(Scorer):
    name, summary = "leaves", "Leaves over nitrogen"

    def _score(self, mols: list[Chem.Mol]) -> list[float]:
        for mol in mols:
            if any(atom.GetSymbol() == "N" for atom in mol.GetAtoms()):
                sys.exit("no nitrogen")
        return [1.0] * len(mols)


class LeavesByOne(DescriptorScorer):
    name, summary = "leaves_by_one", "Leaves over nitrogen"

    def _value(self, molecule: Descriptors) -> float:
        if "N" in molecule.smiles:
            sys.exit(3)
        return 1.0


@pytest.mark.parametrize(("kind", "reason"), [(Leaves, "SystemExit: no nitrogen"), (LeavesByOne, "SystemExit: 3")])
def test_only_the_molecule_fails(kind: type[Scorer], reason: str) -> None:
    found = kind()(["CC", "CN", "CO"])
    assert found.errors == [None, reason, None]
    assert found.values[[0, 2]].tolist() == [1, 1]
