"""Figures of small molecules: what counts as valid, unique and novel."""

import math
from pathlib import Path

import pytest

from molgan.base.errors import InputError
from molgan.evaluation.small_molecules import FIGURES, evaluate_small, small_reference
from molgan.graphs.dense.dense_data import DenseData, prepare_dense


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> DenseData:
    monkeypatch.setenv("MOLGAN_CACHE", str(tmp_path / "cache"))
    (tmp_path / "known.smi").write_text("\n".join(["CCO", "CC=O", "C[C@H](N)O", "CCN", "C#N", "OCCO"]))
    return prepare_dense(tmp_path / "known.smi")


def test_definitions(data: DenseData) -> None:
    # Fragments, atoms of no element and broken text are not valid; stereo makes no other molecule.
    samples = ["CCO", "OCC", "C.C", "*", "?", None, "C[C@@H](N)O", "CCCC", "CCCF", "F"]
    figures = evaluate_small(samples, data, held_out=3)
    assert tuple(figures) == FIGURES
    assert figures["samples"] == 10
    assert figures["valid"] == 0.6
    assert figures["unique"] == pytest.approx(5 / 6)
    assert figures["novel"] == pytest.approx(3 / 5)
    assert figures["V·U·N"] == pytest.approx(0.3)
    assert figures["FCD"] > 0
    assert figures["FCD of real molecules"] > 0


def test_held_out_molecules_are_at_no_distance_from_themselves(data: DenseData) -> None:
    assert evaluate_small(data.smiles[:3], data, held_out=3)["FCD"] == pytest.approx(0, abs=1e-3)


def test_nothing_valid_has_no_distance(data: DenseData) -> None:
    figures = evaluate_small(["?", None], data, held_out=3)
    assert figures["valid"] == 0
    assert math.isnan(figures["unique"])
    assert math.isnan(figures["FCD"])


def test_a_missing_reference_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        small_reference(str(tmp_path / "nothing.csv"))
