"""Molecules that a user gives are read whole, and each fault is told with its place."""

from pathlib import Path

import pytest

from molgan.base.errors import InputError
from molgan.chem.given_molecules import read_given, require_molecules
from molgan.chem.standardise import standardise


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "start.csv"
    path.write_text("id,smiles\n1,CCO\n2,C(\n3,\n4,CCN.Cl\n5,c1ccccc1\n")
    return path


def test_every_row_is_read_with_its_place_and_fault(table: Path) -> None:
    rows = read_given(table)
    assert [row.place for row in rows] == [f"{table}:{line}" for line in range(2, 7)]
    assert [row.fault for row in rows] == [
        None,
        "'C(' is not a molecule: not a SMILES: ends with '('",
        "no SMILES",
        "'CCN.Cl' is a salt or mixture of 2 fragments; give the parent alone",
        None,
    ]


def test_all_faults_are_told_at_once(table: Path) -> None:
    with pytest.raises(InputError) as error:
        require_molecules(table, "optimize.start")
    assert [line.partition(": '")[0] for line in str(error.value).splitlines()] == [
        f"optimize.start: {table}:3",
        f"optimize.start: {table}:5",
    ]
    with pytest.raises(InputError, match=r"optimize\.start: 'C\.C'"):
        require_molecules(["C.C"], "optimize.start")


def test_many_faults_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "many.smi"
    path.write_text("C(\n" * 50)
    with pytest.raises(InputError) as error:
        require_molecules(path, "start")
    assert len(lines := str(error.value).splitlines()) == 21
    assert lines[-1] == "start: 30 more of this kind"


def test_what_is_sound_comes_back_as_given() -> None:
    assert require_molecules(["OCC", "c1ccccc1"], "start") == ["OCC", "c1ccccc1"]


def test_salts_are_taken_where_molecules_are_standardised(table: Path) -> None:
    assert [row.fault for row in read_given(table, standardise)].count(None) == 3
    assert require_molecules(["NCC.Cl", "OCC", "CCN"], "start", standardise) == ["CCN", "CCO"]
    with pytest.raises(InputError, match=r"^start: '\[13CH4\]': '\[13CH4\]' has no standard form: isotope$"):
        require_molecules(["C", "[13CH4]"], "start", standardise)
