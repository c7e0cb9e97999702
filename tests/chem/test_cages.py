"""Bridgeheads of small ring systems decide each other, as in natural products; those of large ones do not."""

import pytest
from rdkit import Chem

from molgan.chem.cages import coupled_centres


@pytest.mark.parametrize(
    "smiles",
    [
        "CC1(C)[C@@H]2CC[C@@]1(C)C(=O)C2",
        "COc1ccc2c(c1)[C@]13CCCC[C@@H]1[C@H](C2)N(C)CC3",
        "CN1[C@@H]2CC[C@H]1C[C@@H](O)C2",
        "C[C@H]1[C@@H]2Cc3ccc(O)cc3[C@@]1(C)CCN2C",
    ],
)
def test_the_arrangement_of_natural_products_is_the_one_that_a_cage_allows(smiles: str) -> None:
    mol = Chem.MolFromSmiles(smiles)
    tags = {atom.GetIdx(): int(atom.GetChiralTag()) for atom in mol.GetAtoms() if int(atom.GetChiralTag())}
    (group,) = coupled_centres(mol, list(tags))
    assert len({tags[atom] % 2 ^ sign for atom, sign in group.items()}) == 1


@pytest.mark.parametrize("smiles", ["C1CCC2CCCCC2C1", "C1CCC2CCCCCC(C1)C2", "C1CC2CCC1CC2.C1CCC2CCCC2C1"])
def test_rings_that_are_large_enough_decide_nothing(smiles: str) -> None:
    mol = Chem.MolFromSmiles(smiles)
    groups = coupled_centres(mol, [atom.GetIdx() for atom in mol.GetAtoms()])
    assert len(groups) == smiles.count("C1CC2CCC1CC2")
