"""The yardstick of plausibility: what scripts/benchmarks/plausibility.py counts."""

import importlib
from pathlib import Path
from typing import Any

import pytest

from molgan.chem.plausibility.chemistry_index import ChemistryIndex

FOLDER = Path(__file__).parents[2] / "scripts" / "benchmarks"


@pytest.fixture
def yardstick(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(FOLDER))
    return importlib.import_module("plausibility")


def test_kinds_and_rules_are_shares_of_the_valid_molecules(yardstick: Any, tmp_path: Path) -> None:
    ChemistryIndex.of(["c1ccccc1", "C1=CC=C1"]).save(tmp_path / "index.npz")
    smiles = ["Cc1ccccc1", "C1=CC=C1OF", "C1CCC1", "nonsense", "CC(O)NC"]
    column = yardstick.find_findings(smiles, tmp_path / "index.npz", 1)
    rows = {name: cells[0] for name, cells in yardstick.summarise({"own": column}).items()}
    assert rows == {
        "molecules": 4,
        "unknown ring system": 1 / 4,
        "suspicious bond or group": 2 / 4,
        "strained ring": 1 / 4,
        "any of these": 3 / 4,
        "hypofluorite": 1 / 4,
        "hemiaminal": 1 / 4,
        "cyclobutadiene": 1 / 4,
    }


def test_the_best_of_a_run_come_first(yardstick: Any, tmp_path: Path) -> None:
    (tmp_path / "library.csv").write_text("smiles,score\nC,0.1\nCC,\nCCC,0.9\n")
    assert yardstick.read_best_first(tmp_path) == ["CCC", "C", "CC"]
    (tmp_path / "own.smi").write_text("CC\nC\n")
    assert yardstick.read_best_first(tmp_path / "own.smi") == ["CC", "C"]
