"""The score cache on disk: exact, shared by writers, whole after a kill."""

import signal
import subprocess
import sys
import time

import pytest

from molgan.base.errors import RunError
from molgan.scoring.objective import Objective
from molgan.scoring.score_cache import clear_caches
from molgan.scoring.score_store import ScoreStore
from molgan.scoring.settings import ObjectiveSettings


def test_values_come_back_exactly(tmp_path):
    path = tmp_path / "folder" / "scores.sqlite"
    found = {"C": (0.1 + 0.2, None), "CC": (1e-300, "an alert"), "C" * 999: (-5.0, None)}
    ScoreStore(path).put("key", found)
    store = ScoreStore(path)
    assert store.get("key", [*found, "N"]) == found
    assert store.get("other key", list(found)) == {}
    assert store.get("key", []) == {}


def test_many_are_looked_up(tmp_path):
    store = ScoreStore(tmp_path / "scores.sqlite")
    found = {"C" * n: (float(n), None) for n in range(1, 1300)}
    store.put("key", found)
    assert store.get("key", list(found)) == found


def test_another_version_of_rdkit_knows_nothing(tmp_path, monkeypatch):
    ScoreStore(tmp_path / "scores.sqlite").put("key", {"C": (1.0, None)})
    monkeypatch.setattr("rdkit.__version__", "1999.01.1")
    assert ScoreStore(tmp_path / "scores.sqlite").get("key", ["C"]) == {}


def test_a_damaged_file_is_told(tmp_path):
    path = tmp_path / "scores.sqlite"
    path.write_bytes(b"no database at all" * 1000)
    with pytest.raises(RunError, match=r"scores.sqlite: the score cache cannot be used: file is not a database"):
        ScoreStore(path)


WRITE = """
import sys
from pathlib import Path
from molgan.scoring.score_store import ScoreStore
path, worker, until = sys.argv[1:]
store = ScoreStore(Path(path))
for n in range(int(until)):
    store.put("key", {f"{worker}-{n}-{i}": (float(i), None) for i in range(20)})
"""


def test_writers_share_it_and_one_may_be_killed(tmp_path):
    path = tmp_path / "scores.sqlite"
    writers = [("victim", 10**9), ("a", 30), ("b", 30)]
    victim, *others = [
        subprocess.Popen([sys.executable, "-c", WRITE, str(path), name, str(until)]) for name, until in writers
    ]
    deadline = time.monotonic() + 60
    while not (path.exists() and ScoreStore(path).get("key", ["victim-5-0"])) and time.monotonic() < deadline:
        time.sleep(0.02)
    victim.send_signal(signal.SIGKILL)
    assert victim.wait(120) == -signal.SIGKILL
    assert [process.wait(120) for process in others] == [0, 0]
    store = ScoreStore(path)
    for name in ("a", "b"):
        assert len(store.get("key", [f"{name}-{n}-{i}" for n in range(30) for i in range(20)])) == 600
    # Whole transactions only.
    for n in range(30):
        assert len(store.get("key", [f"victim-{n}-{i}" for i in range(20)])) in (0, 20)


def test_a_costly_scorer_is_not_asked_again(tmp_path):
    asked = tmp_path / "asked"
    path = tmp_path / "mine.py"
    path.write_text(
        "import math\n"
        "def costly(smiles: str) -> float:\n"
        f"    open({str(asked)!r}, 'a').write(smiles + ' ')\n"
        "    return math.nan if smiles == 'N' else 0.5\n"
    )
    components = [{"scorer": f"{path}:costly"}, {"scorer": "qed"}]
    values = {"components": components, "cache": str(tmp_path / "scores.sqlite")}
    settings = ObjectiveSettings.model_validate(values)
    for _ in range(2):
        clear_caches()
        with Objective(settings) as objective:
            table = objective(["C", "CC", "N", "C(C)"])
    assert table.raw["costly"].tolist()[:2] == [0.5, 0.5]
    assert asked.read_text() == "C CC N N ", "a failure is tried again, a value is not"
    assert (table.counts["costly"].cached, table.counts["costly"].failed) == (2, 1)
    assert table.counts["qed"].cached == 0
