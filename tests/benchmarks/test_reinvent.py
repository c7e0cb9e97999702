"""The reproduction of REINVENT that scripts/benchmarks/reinvent.py compares with."""

import importlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

FOLDER = Path(__file__).parents[2] / "scripts" / "benchmarks"


@pytest.fixture
def load(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(FOLDER))
    return importlib.import_module


def share_of_oxygen(smiles: list[str]) -> np.ndarray:
    return np.array([text.count("O") / len(text) for text in smiles])


def test_the_agent_learns_what_is_rewarded(load: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    lstm, loop = load("smiles_lstm"), load("reinvent_loop")
    monkeypatch.setattr(lstm, "HIDDEN", 16)
    monkeypatch.setattr(loop, "RATE", 1e-2)
    monkeypatch.setattr(loop, "SCAFFOLDS", loop.SCAFFOLDS.model_copy(update={"minimum_score": 2.0}))
    torch.manual_seed(0)
    prior = lstm.SmilesLSTM(lstm.Alphabet(("C", "O", "N")), embedding=8, longest=8).eval()
    means: list[float] = []
    agent = loop.learn(prior, share_of_oxygen, seed=0, going=lambda: len(means) < 60, note=means.append)
    assert len(means) == 60 and np.mean(means[-10:]) > np.mean(means[:10]) + 0.15
    before, after = (np.mean(share_of_oxygen([t for t in each.sample(500, seed=1) if t])) for each in (prior, agent))
    assert after > before + 0.1, "and the prior stays as it was"


def test_inception_keeps_the_best_once(load: Any) -> None:
    loop = load("reinvent_loop")
    memory = loop.Inception()
    memory.add([(f"C{i}", i / 200, -1.0) for i in range(150)])
    memory.add([("C149", 1.0, -1.0), ("N", 0.9, -2.0)])
    assert len(memory.rows) == 100 and memory.rows[0] == ("N", 0.9, -2.0) and memory.rows[1][0] == "C149"


def test_calls_are_distinct_molecules_and_end(load: Any) -> None:
    reinvent = load("reinvent")

    class Objective:
        def __call__(self, smiles: list[str]) -> Any:
            return type("Table", (), {"total": np.arange(len(smiles)) / 10})

    recorder = reinvent.Recorder(Objective(), 3)
    assert recorder(["C", "CC", None, "C"]).tolist() == [0.0, 0.1, 0.0, 0.0]
    with pytest.raises(reinvent.Spent):
        recorder(["CC", "CCC", "CCCC"])
    assert list(recorder.scores) == ["C", "CC", "CCC"] and recorder.left == 0
    assert recorder(["CCC"]).tolist() == [0.0]
    figures = reinvent.measure({"CCO": 0.9, "c1ccccc1C": 0.8, "CCCC": 0.1})
    assert figures == pytest.approx([0.9, 0.6, 0.1, 2, 2, figures[5]]) and 0 <= figures[5] <= 1
