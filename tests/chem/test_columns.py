"""The SMILES column is found by rule, the best one of several, and no two columns get the same name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from molgan.chem.columns import distinct_names, find_column


@pytest.mark.parametrize(
    "name",
    [
        "smiles",
        "SMILES",
        "Structure (SMILES)",
        "Smiles_unify",
        "canonical",
        "canonical_smiles",
        "Canonical SMILES",
        "isosmiles",
        "CXSMILES",
        "SMILES Structure",
        "mol_smiles",
        "MolSmiles",
        "smiles (canonical)",
        "structure",
        "Molecule",
        "smi",
    ],
)
def test_a_column_is_found_by_its_name(name: str) -> None:
    notes: list[str] = []
    assert find_column(["id", "mass", name, "smiles_length"], None, notes.append) == 2
    assert notes == []


@pytest.mark.parametrize("name", ["id", "mass", "smiles_length", "Molecule ChEMBL ID", "smile", "a\tsmiles", "", "--"])
def test_other_columns_are_not(name: str) -> None:
    assert find_column([name], None) is None


@pytest.mark.parametrize(
    "header",
    [
        ["canonical_smiles", "smiles"],
        ["isomeric_smiles", "Canonical SMILES"],
        ["Molecule", "Structure (SMILES)"],
        ["scaffold_smiles", "mol_smiles"],
        ["murcko_smiles", "structure"],
        ["smiles_unify", "mol_smiles"],
    ],
)
def test_the_best_of_several_is_taken_and_named(header: list[str]) -> None:
    for columns in (header, header[::-1]):
        notes: list[str] = []
        assert find_column(columns, None, notes.append) == columns.index(header[1])
        assert len(notes) == 1 and repr(header[1]) in notes[0] and "--column" in notes[0]


def test_a_column_that_is_asked_for_is_taken_without_a_word() -> None:
    assert find_column(["smiles", "Product"], "product", pytest.fail) == 1
    assert find_column(["smiles"], "product", pytest.fail) is None


def test_names_that_are_taken_change_and_others_stay() -> None:
    assert distinct_names(["mw", "id", "mw_input", "id"], ["mw"], "_input") == [
        "mw_input_2",
        "id",
        "mw_input",
        "id_input",
    ]


@given(st.lists(st.sampled_from(["a", "a_2", "a_input", "a_input_2", "b"])), st.sets(st.sampled_from(["a", "b"])))
def test_no_two_names_are_the_same(names: list[str], taken: set[str]) -> None:
    found = distinct_names(names, taken, "_input")
    assert len(set(found)) == len(names) and not taken & set(found)
    assert all(name == names[i] for i, name in enumerate(found) if names[i] not in taken and names.count(names[i]) == 1)


def test_thousands_of_equal_names_take_no_time() -> None:
    names = distinct_names(["a"] * 50_000, ["a"])
    assert names[:3] == ["a_2", "a_3", "a_4"] and len(set(names)) == 50_000
