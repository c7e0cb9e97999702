"""Molecules in every form that Python gives them."""

from rdkit import Chem

import molgan
from molgan.scoring.inputs import get_text, make_text


def test_an_rdkit_molecule_that_rdkit_cannot_write_has_a_reason() -> None:
    large = Chem.MolFromSmiles("C" * 6000, sanitize=False)  # 20,000 atoms end the process
    for table in (molgan.score([large, "CCO"], ["mw"]), molgan.standardize([large, "CCO"])):
        assert table.error.tolist() == ["6000 atoms, at most 5000", None]
        assert table.smiles.tolist() == [None, "CCO"]
    assert molgan.filter([large, "CCO"], ["valid"]).reason.tolist() == ["6000 atoms, at most 5000", None]
    assert molgan.stereoisomers([large, "CCO"]).parent.tolist() == [1]


def test_text_stays_as_it_is() -> None:
    assert [make_text(item) for item in ("C(", None, float("nan"), Chem.MolFromSmiles("OC"))] == [
        "C(",
        None,
        None,
        "CO",
    ]
    assert get_text(Chem.MolFromSmiles("OC")) == "CO"
