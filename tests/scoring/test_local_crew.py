"""Scoring in several processes gives what scoring in one gives, and survives the death of any of them."""

import math
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from rdkit import Chem

from molgan.base.errors import RunError
from molgan.chem.molecule import parse_all
from molgan.chem.shipped_sets import load_reference
from molgan.chem.standardise import standardise
from molgan.scoring.base import Scorer
from molgan.scoring.objective import Objective, ScoreTable
from molgan.scoring.processes.local_crew import LocalCrew
from molgan.scoring.processes.scoring_processes import ScoringProcesses
from molgan.scoring.registry import SCORERS
from molgan.scoring.score_cache import clear_caches
from molgan.scoring.scoring_job import ScoringJob
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


def pids(crew: LocalCrew) -> list[int | None]:
    return [worker.pid for worker in crew.processes.workers]


def test_processes_give_the_same_and_a_killed_one_is_replaced() -> None:
    given = [*KNOWN, None, "c1cc", "OCC", "CCO", KNOWN[0], *parse_all(KNOWN[:3])]
    clear_caches()
    expected = Objective(SETTINGS)(given)
    clear_caches()
    crew = LocalCrew(2, least=100)
    with Objective(SETTINGS, crew) as pool:
        assert_same(pool(given), expected)
        known = Objective(SETTINGS)(given)
        assert {counts.scored for counts in known.counts.values()} == {0}, "what processes found is not known here"
        assert known.notes == expected.notes
        victim = crew.processes.workers[0].pid
        assert victim is not None
        os.kill(victim, signal.SIGKILL)
        clear_caches()
        np.testing.assert_array_equal(pool(given).total, expected.total)
        assert victim not in pids(crew)
        assert math.isnan(expected.total[400])
        assert pool.reward(given)[400] == 0


def test_a_molecule_is_scored_as_it_was_standardised() -> None:
    """Whatever its text was before."""
    salts = [standardise("[Na+].[O-]C(=O)" + "C" * n) for n in range(1, 30)]
    clear_caches()
    expected = Objective(SETTINGS)(salts)
    clear_caches()
    with Objective(SETTINGS, LocalCrew(2, least=2)) as pool:
        assert_same(pool(salts), expected)


def test_few_molecules_start_no_process() -> None:
    crew = LocalCrew(2)
    with Objective(SETTINGS, crew) as pool:
        pool(KNOWN)
        pool(KNOWN * 10)
        assert pids(crew) == [None, None]


class Mine(Scorer):
    name = "mine"
    summary = "A scorer that only this program knows"

    def _score(self, mols: list[Chem.Mol]) -> Sequence[float]:
        return [1.0] * len(mols)


def test_a_scorer_of_the_users_own_is_scored_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(SCORERS, "mine", Mine)
    crew = LocalCrew(2, least=100)
    with Objective(ObjectiveSettings.model_validate({"components": [{"scorer": "mine"}]}), crew) as pool:
        assert (pool(KNOWN).total == 1).all()
        assert pids(crew) == []


SCRIPT = """
from molgan.scoring.objective import Objective
from molgan.scoring.processes.local_crew import LocalCrew
from molgan.scoring.processes.scoring_processes import ScoringProcesses
from molgan.scoring.settings import ObjectiveSettings
crew = LocalCrew(2, least=1)
pool = Objective(ObjectiveSettings.model_validate({"components": [{"scorer": "mw"}]}), crew)
pool(["C" * n for n in range(1, 400)])
"""


class Alone(Scorer):
    name = "alone"
    summary = "Finds out whether another process scores at the same time"

    def _score(self, mols: list[Chem.Mol]) -> Sequence[float]:
        with open(os.environ["ALONE"], "a") as log:
            log.write("[")
            log.flush()
            time.sleep(0.05)
            log.write("]")
        return [1.0] * len(mols)


def test_a_component_may_cap_its_processes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALONE", str(tmp_path / "log"))
    with closing(ScoringProcesses({"alone": (f"{__file__}:Alone", {}), "mw": ("mw", {})}, 2, size=2)) as processes:
        given = {"texts": KNOWN[:20], "smiles": [str(molecule.smiles) for molecule in parse_all(KNOWN[:20])]}
        jobs = [ScoringJob(["alone"], **given, most=1), ScoringJob(["mw"], **given)]
        scores = processes.score(jobs)
        assert all(process.pid for process in processes.workers)
    assert [score.value for score in scores["alone"]] == [1.0] * 20
    assert (tmp_path / "log").read_text() == "[]" * 10


class Killer(Scorer):
    name = "killer"
    summary = "Dies over some molecules"

    def _score(self, mols: list[Chem.Mol]) -> Sequence[float]:
        if any(mol.HasSubstructMatch(Chem.MolFromSmarts("[#16]")) for mol in mols):
            os.kill(os.getpid(), signal.SIGSEGV)
        return [1.0] * len(mols)


def test_a_molecule_that_kills_its_process_costs_no_other_its_values(monkeypatch: pytest.MonkeyPatch) -> None:
    clear_caches()
    given = ["C" * n for n in range(1, 40)] + ["CS", "CCO"]
    crew = LocalCrew(2, least=1)
    with Objective(SETTINGS, crew) as pool:
        recipes = {name: (f"{__file__}:Killer", {}) for name in ("qed", "brenk", "mw")}
        for process in crew.processes.workers:
            process.setup = recipes
        table = pool(given)
    assert table.errors[39] == "; ".join(f"{name}: its process died (SIGSEGV)" for name in ("qed", "brenk", "mw"))
    assert table.counts["qed"].reasons == {"its process died (SIGSEGV)": 1}
    assert [error is None for error in table.errors] == [i != 39 for i in range(41)]


def test_processes_that_do_not_start_are_told_of() -> None:
    clear_caches()
    crew = LocalCrew(2, least=1)
    with Objective(SETTINGS, crew) as pool:
        for process in crew.processes.workers:
            process.setup = {"qed": ("no_such", {})}
        with pytest.raises(RunError, match="cannot go on: its process does not start: no scorer 'no_such'"):
            pool(KNOWN)


def test_a_path_that_names_folders_again_and_again_does_no_harm(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", sys.path * 10_000)
    with closing(ScoringProcesses({"mw": ("mw", {})}, 1)) as processes:
        assert processes.score([ScoringJob(["mw"], ["C"], ["C"])])["mw"][0].error is None
    monkeypatch.setattr(sys, "executable", "/no/python")
    with closing(ScoringProcesses({"mw": ("mw", {})}, 1)) as processes:
        error = processes.score([ScoringJob(["mw"], ["C"], ["C"])])["mw"][0].error
    assert error == "not scored: its process does not start: No such file or directory"


@pytest.mark.slow
def test_processes_end_with_the_one_that_started_them_and_a_script_needs_no_guard(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    end = "print(*[process.pid for process in crew.processes.workers], flush=True)\nimport time; time.sleep(600)\n"
    script.write_text(SCRIPT + end)
    with subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, text=True) as driver:
        assert driver.stdout is not None
        workers = [int(pid) for pid in driver.stdout.readline().split()]
        driver.kill()
    assert len(workers) == 2
    deadline = time.monotonic() + 60
    while alive := [pid for pid in workers if Path(f"/proc/{pid}").exists()]:
        assert time.monotonic() < deadline, f"still alive: {alive}"
        time.sleep(0.1)
