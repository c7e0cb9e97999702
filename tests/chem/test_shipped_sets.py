"""The reference sets of the package load and hold standard molecules."""

import pytest

from molgan.base.errors import InputError
from molgan.chem.shipped_sets import REFERENCES, load_reference
from molgan.chem.standardise import standardise


@pytest.mark.parametrize("name", REFERENCES)
def test_references_are_distinct_standard_molecules(name: str) -> None:
    smiles = [record.smiles for record in load_reference(name)]
    assert len(smiles) == len(set(smiles)) >= 1000
    assert [standardise(text).smiles for text in smiles[::10]] == smiles[::10]


def test_approved_drugs_have_names() -> None:
    drugs = {record.fields["name"]: record.smiles for record in load_reference("approved_drugs")}
    assert drugs["ASPIRIN"] == "CC(=O)Oc1ccccc1C(=O)O"


def test_unknown_reference_names_the_nearest() -> None:
    with pytest.raises(InputError, match="did you mean 'approved_drugs'"):
        load_reference("aproved_drug")
