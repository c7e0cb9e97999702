"""Scoring in several processes gives what scoring in one gives, and survives the death of any of them."""

import math
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from rdkit import Chem

from molgan.chem.molecule import parse_all
from molgan.chem.references import load_reference
from molgan.errors import RunError
from molgan.scoring.base import Scorer
from molgan.scoring.cache import clear_caches
from molgan.scoring.objective import Objective, ScoreTable
from molgan.scoring.parallel import ScoringPool
from molgan.scoring.registry import SCORERS
from molgan.scoring.settings import ObjectiveSettings

SETTINGS = ObjectiveSettings.model_validate({"components": [{"scorer": "qed"}, {"scorer": "brenk"}, {"scorer": "mw"}]})
KNOWN = [record.smiles for record in load_reference("moses_reference_1000")[:400]]


def assert_same(one: ScoreTable, other: ScoreTable) -> None:
    assert one.smiles == other.smiles
    assert one.errors == other.errors
    assert one.notes == other.notes
    for name in one.raw:
        np.testing.assert_array_equal(one.raw[name], other.raw[name])
        np.testing.assert_array_equal(one.transformed[name], other.transformed[name])
        assert one.counts[name] == other.counts[name]
    np.testing.assert_array_equal(one.total, other.total)


def test_processes_give_the_same_and_a_killed_one_is_replaced() -> None:
    given = [*KNOWN, None, "c1cc", "OCC", "CCO", KNOWN[0], *parse_all(KNOWN[:3])]
    clear_caches()
    expected = Objective(SETTINGS)(given)
    clear_caches()
    with ScoringPool(SETTINGS, 2, least=100) as pool:
        assert_same(pool(given), expected)
        known = Objective(SETTINGS)(given)
        assert {counts.scored for counts in known.counts.values()} == {0}, "what processes found is not known here"
        assert known.notes == expected.notes
        assert pool._executor is not None
        victim = next(iter(pool._executor._processes))
        os.kill(victim, signal.SIGKILL)
        np.testing.assert_array_equal(pool(given).total, expected.total)
        assert victim not in pool._executor._processes
        assert math.isnan(expected.total[400])
        assert pool.reward(given)[400] == 0


def test_few_molecules_start_no_process() -> None:
    with ScoringPool(SETTINGS, 2) as pool:
        pool(KNOWN)
        pool(KNOWN * 10)
        assert pool._executor is None


class Mine(Scorer):
    name = "mine"
    summary = "A scorer that only this program knows"

    def _score(self, mols: list[Chem.Mol]) -> Sequence[float]:
        return [1.0] * len(mols)


def test_a_scorer_of_the_users_own_is_scored_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(SCORERS, "mine", Mine)
    with ScoringPool(ObjectiveSettings.model_validate({"components": [{"scorer": "mine"}]}), 2, least=100) as pool:
        assert (pool(KNOWN).total == 1).all()
        assert pool._executor is None


UNGUARDED = """
from molgan.scoring.parallel import ScoringPool
from molgan.scoring.settings import ObjectiveSettings
pool = ScoringPool(ObjectiveSettings.model_validate({"components": [{"scorer": "mw"}]}), 2, least=1)
pool(["C" * n for n in range(1, 400)])
"""


@pytest.mark.slow
def test_processes_that_cannot_live_are_told_of_and_do_not_hang(tmp_path: Path) -> None:
    script = tmp_path / "unguarded.py"
    script.write_text(UNGUARDED)
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, timeout=600)
    assert done.stderr.splitlines()[-1].startswith(f"{RunError.__module__}.RunError: the scoring processes died twice")


@pytest.mark.slow
def test_processes_end_with_the_one_that_started_them(tmp_path: Path) -> None:
    script = tmp_path / "guarded.py"
    body = "".join(f"    {line}\n" for line in UNGUARDED.splitlines() if line)
    end = "    print(*pool._executor._processes, flush=True)\n    import time; time.sleep(600)\n"
    script.write_text(f"if __name__ == '__main__':\n{body}{end}")
    with subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, text=True) as driver:
        assert driver.stdout is not None
        workers = [int(pid) for pid in driver.stdout.readline().split()]
        driver.kill()
    assert len(workers) == 2
    deadline = time.monotonic() + 300
    while alive := [pid for pid in workers if Path(f"/proc/{pid}").exists()]:
        assert time.monotonic() < deadline, f"still alive: {alive}"
        time.sleep(0.1)
