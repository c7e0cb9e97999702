"""Classes of compounds, one molecule and its near neighbours at a time."""

import pytest
from rdkit import Chem

from molgan.chem.compound_classes import COMPOUND_CLASSES, find_compound_classes

BELONG = {
    "amide": (["CC(=O)NC", "O=C1CCCN1", "CC(=O)N(C)c1ccccc1"], ["CC(=O)OC", "CNC(=O)OC", "CNC(=O)NC", "CC(=O)C"]),
    "urea or carbamate": (["CNC(=O)NC", "CNC(=O)OC", "O=C1NCCO1"], ["CC(=O)NC", "CC(=O)OC"]),
    "sulfonamide": (["CS(=O)(=O)NC"], ["CS(=O)(=O)C", "CS(=O)NC"]),
    "basic amine": (
        ["CCN", "CN(C)C", "C1CCNCC1", "C[N+](C)(C)C", "CC[NH3+]", "N=C(N)c1ccccc1", "CNC(=N)N"],
        ["Nc1ccccc1", "CC(=O)NC", "CS(=O)(=O)NC", "CNN", "CNO", "CC=NO", "c1ccncc1", "C[N+](=O)[O-]", "C=CNC", "CC#N"],
    ),
    "carboxylic acid": (["CC(=O)O", "CC(=O)[O-]"], ["CC(=O)OC", "CC(=O)N"]),
    "ester": (["CC(=O)OC", "O=C1CCCO1"], ["CC(=O)O", "CNC(=O)OC"]),
    "alcohol": (["CO", "OC1CCCC1"], ["Oc1ccccc1", "CC(=O)O", "COC"]),
    "phenol": (["Oc1ccccc1"], ["OCc1ccccc1", "COc1ccccc1"]),
    "nitrile": (["CC#N"], ["C=N", "C#C"]),
    "halogen": (["CF", "CCl", "CBr", "CI"], ["CO"]),
    "heteroarene": (["c1ccncc1", "c1cc[nH]c1", "c1ccsc1"], ["c1ccccc1", "C1CCNC1"]),
    "carbon arene": (["Cc1ccccc1", "c1ccc2ncccc2c1"], ["c1ccncc1", "C1CCCCC1"]),
    "saturated ring": (["C1CCCCC1", "c1ccc2c(c1)CCC2"], ["c1ccccc1", "CCC"]),
    "charged": (["C[N+](C)(C)C", "CC(=O)[O-]"], ["C[N+](=O)[O-]", "[O-][n+]1ccccc1", "CN=[N+]=[N-]"]),
    "macrocycle": (["C1CCCCCCCCCCC1"], ["C1CCCCCCCCCC1", "c1ccc2cc3ccccc3cc2c1"]),
}


def test_each_class_has_its_examples() -> None:
    assert list(BELONG) == list(COMPOUND_CLASSES)


@pytest.mark.parametrize("name", COMPOUND_CLASSES)
def test_examples(name: str) -> None:
    inside, outside = BELONG[name]
    found = {text: name in find_compound_classes(Chem.MolFromSmiles(text)) for text in [*inside, *outside]}
    assert found == dict.fromkeys(inside, True) | dict.fromkeys(outside, False)
