"""A file of molecules as action sequences, prepared by several processes."""

import importlib
import os
from pathlib import Path

import numpy as np
import pytest

from molgan.base.errors import RunError
from molgan.graphs.motif.motif_data import prepare

TEXTS = ["CCO", "c1ccccc1O", "CCN", "C.C", "CC(=O)N", "c1ccncc1", "CCOC", "C1CC", "Oc1ccccc1"]


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("molgan.graphs.motif.motif_data._CHUNK", 2)
    (tmp_path / "in.smi").write_text("\n".join(TEXTS * 3))
    return tmp_path / "in.smi"


def test_the_data_does_not_depend_on_processes(file: Path, tmp_path: Path) -> None:
    alone = prepare(file, tmp_path / "a", least_count=5)
    together = prepare(file, tmp_path / "b", least_count=5, processes=2)
    assert np.array_equal(alone.actions, together.actions)
    assert np.array_equal(alone.offsets, together.offsets)
    assert alone.vocabulary == together.vocabulary
    assert alone.summary == together.summary
    assert alone.summary["kept"] == 21


def test_a_process_that_dies_is_an_error_not_a_wait(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mortal.py").write_text("import os\ndef die(smiles):\n    os.kill(os.getpid(), 9)\n")
    monkeypatch.syspath_prepend(tmp_path)
    die = importlib.import_module("mortal").die
    with monkeypatch.context() as patch, pytest.raises(RunError, match="a worker process died"):
        patch.setattr("molgan.graphs.motif.motif_data._encode_chunk", die)
        prepare(file, tmp_path / "cache", least_count=5, processes=2)
    assert os.listdir(tmp_path / "cache") == []
