"""The groups of P. Ertl's paper, with `*` for atoms outside the group."""

import pytest
from rdkit import Chem

from molgan.chem.functional_groups import find_functional_groups
from molgan.chem.shipped_sets import load_reference


@pytest.mark.parametrize(
    ("smiles", "groups"),
    [
        ("CC(=O)Nc1ccc(O)cc1", ["*NC(*)=O", "*O"]),
        ("CC(=O)N(C)C", ["*C(=O)N(*)*"]),
        ("Cc1ccc(S(N)(=O)=O)cc1", ["*S(N)(=O)=O"]),
        ("O=[N+]([O-])c1ccccc1", ["*[N+](=O)[O-]"]),
        ("C1OC1CN(C)C", ["*C1CO1", "*N(*)*"]),
        ("COC(C)OC", ["*OC(*)O*"]),
        ("C=CC#N", ["C=CC#N"]),
        ("FC(F)(F)c1ccncc1", ["*F"]),
        ("CC(=O)[O-].[Na+]", ["*C(=O)[O-]", "[Na+]"]),
        ("c1ccc2[nH]ccc2c1", []),
        ("CCC", []),
    ],
)
def test_groups(smiles: str, groups: list[str]) -> None:
    assert find_functional_groups(Chem.MolFromSmiles(smiles)) == groups


def test_the_order_of_atoms_makes_no_difference_and_every_group_can_be_drawn() -> None:
    for record in load_reference("approved_drugs")[::25]:
        mol = Chem.MolFromSmiles(record.smiles)
        groups = find_functional_groups(mol)
        (other,) = Chem.MolToRandomSmilesVect(mol, 1, randomSeed=3)
        assert find_functional_groups(Chem.MolFromSmiles(other)) == groups
        assert all(Chem.MolFromSmiles(group) is not None for group in groups)
