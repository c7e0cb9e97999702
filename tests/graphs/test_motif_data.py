"""A file of molecules as action sequences, prepared by several processes."""

import importlib
import os
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

from molgan.base.errors import RunError
from molgan.graphs.motif.motif_data import _encode_chunk, prepare
from molgan.scoring.measure import Measure

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
    (tmp_path / "mortal.py").write_text("import os\ndef die(parts, measure, job):\n    os.kill(os.getpid(), 9)\n")
    monkeypatch.syspath_prepend(tmp_path)
    die = importlib.import_module("mortal").die
    with monkeypatch.context() as patch, pytest.raises(RunError, match="a worker process died"):
        patch.setattr("molgan.graphs.motif.motif_data._encode_part", die)
        prepare(file, tmp_path / "cache", least_count=5, processes=2)
    assert [name.rpartition(".")[2] for name in os.listdir(tmp_path / "cache")] == ["parts"]


def test_an_interrupted_preparation_goes_on_at_its_last_chunk(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = prepare(file, tmp_path / "a", least_count=5, measure=Measure(("logp", "rings")))
    encoded: list[list[str]] = []

    def encode_some(smiles: list[str], measure: Measure) -> object:
        if len(encoded) == 4:
            raise KeyboardInterrupt
        encoded.append(smiles)
        return _encode_chunk(smiles, measure)

    monkeypatch.setattr("molgan.graphs.motif.motif_data._encode_chunk", encode_some)
    for _ in range(4):
        encoded.clear()
        with suppress(KeyboardInterrupt):
            again = prepare(file, tmp_path / "b", least_count=5, measure=Measure(("logp", "rings")))
    assert len(encoded) == 2  # 14 chunks, 4 at a time
    assert np.array_equal(whole.actions, again.actions)
    assert whole.summary == again.summary
    assert whole.properties is not None and again.properties is not None
    assert np.array_equal(whole.properties, again.properties)
    assert len(whole.properties) == len(whole)
    assert [path.suffix for path in (tmp_path / "b").iterdir()] == [""]


def test_what_the_actions_cannot_express_is_counted(tmp_path: Path) -> None:
    """An imine whose stereo a hydrogen defines keeps it as an atom; RDKit may raise anything on others."""
    (tmp_path / "in.smi").write_text("[H]/N=C(/C)CC\nCCO\n")
    data = prepare(tmp_path / "in.smi", tmp_path / "a", least_count=1)
    assert data.summary["rejected"] == {"stereo that a hydrogen defines": 1}
    assert len(data) == 1
