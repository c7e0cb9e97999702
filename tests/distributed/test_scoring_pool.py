"""Actors give the scores of one process, whatever happens to them."""

import os
import signal
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from molgan.base.errors import ConfigError, InputError
from molgan.chem.molecule import parse
from molgan.chem.shipped_sets import load_reference
from molgan.chem.standardise import standardise
from molgan.distributed.pools import count_processors
from molgan.distributed.scoring_pool import ScoringPool, open_objective
from molgan.distributed.settings import ComputeSettings
from molgan.scoring.base import DescriptorScorer
from molgan.scoring.objective import Objective, ScoreTable
from molgan.scoring.registry import SCORERS
from molgan.scoring.score_cache import clear_caches
from molgan.scoring.settings import ObjectiveSettings

DRUG_LIKE = ObjectiveSettings(components=[{"scorer": "qed"}, {"scorer": "sa"}, {"scorer": "tpsa"}, {"scorer": "brenk"}])
BROKEN = "c1ccccc"
TWO = ComputeSettings(workers=2)


def inputs() -> list:
    """Molecules, some of them twice, spelled anew or parsed already, and what is no molecule."""
    molecules = [record.smiles for record in load_reference("moses_reference_1000")][:40]
    salt = standardise("[Na+].CC(=O)[O-]")
    return ["OCC", *molecules, BROKEN, None, "", *molecules[:5], "C(O)C", parse(molecules[7]), salt, parse("Q"), BROKEN]


def assert_same(found: ScoreTable, expected: ScoreTable) -> None:
    assert found.smiles == expected.smiles
    assert found.errors == expected.errors
    assert found.notes == expected.notes
    for mine, other in ((found.raw, expected.raw), (found.transformed, expected.transformed)):
        assert list(mine) == list(other)
        for name, values in mine.items():
            np.testing.assert_array_equal(values, other[name])
    np.testing.assert_array_equal(found.total, expected.total)


class Messages:
    def __init__(self) -> None:
        self.texts: list[str] = []

    def message(self, text: str) -> None:
        self.texts.append(text)


def test_workers_give_what_one_process_gives(capfd: pytest.CaptureFixture[str]) -> None:
    clear_caches()
    expected, messages = Objective(DRUG_LIKE)(inputs()), Messages()
    clear_caches()
    compute = ComputeSettings.model_validate({"workers": 2, "scoring": {"memory": 0.25}})
    with ScoringPool(DRUG_LIKE, compute, chunk=8, progress=messages) as pool:
        found = pool(inputs())
        assert_same(found, expected)
        assert found.counts == pool.tally == expected.counts
        assert_same(pool([]), Objective(DRUG_LIKE)([]))
        assert_same(pool([BROKEN, None]), Objective(DRUG_LIKE)([BROKEN, None]))
        assert pool.reward(["OCC", BROKEN]).tolist() == [expected.total[0], 0]
        with pytest.raises(InputError, match="not a single string"):
            pool("CCO")

        import ray

        assert ray.util.get_node_ip_address() == "127.0.0.1"
        kill_a_worker(pool)
        clear_caches()
        assert_same(pool(inputs()), expected)
    assert messages.texts == ["a worker was lost (the worker process died); another one takes its place"]
    assert not ray.is_initialized()
    assert capfd.readouterr().out == ""


def kill_a_worker(pool: ScoringPool) -> None:
    import ray

    (workers,) = pool._crew.workers.values()
    pid = ray.get(workers._idle[0].handle.__ray_call__.remote(lambda actor: os.getpid()))
    os.kill(pid, signal.SIGKILL)


def test_no_workers_means_this_process() -> None:
    with open_objective(DRUG_LIKE, ComputeSettings()) as objective:
        assert type(objective) is Objective


def test_actors_are_not_asked_about_what_a_veto_has_met(tmp_path: Path) -> None:
    calls = tmp_path / "calls"
    body = f"s = sys.stdin.read().split(); open({str(calls)!r}, 'a').write(' '.join(s) + '\\n'); "
    body += "print(json.dumps([{'a': len(x) / 100, 'b': 1} for x in s]))"
    call = {"command": [sys.executable, "-S", "-c", f"import json, sys; {body}"]}
    parts = [{"scorer": "process", "name": name, "parameters": {**call, "field": name}} for name in ("a", "b")]
    components = [*({**part, "transform": {"name": "identity"}} for part in parts), {"scorer": "brenk"}]
    settings = ObjectiveSettings.model_validate({"components": components})
    clear_caches()
    expected = Objective(settings)(["O=CCC", "CCO", "CCN"])
    assert expected.errors == ["not asked: brenk is 0", None, None]
    clear_caches()
    with ScoringPool(settings, ComputeSettings(workers=1), chunk=8) as pool:
        assert_same(pool(["O=CCC", "CCO", "CCN"]), expected)
    assert calls.read_text() == "CCO CCN\n" * 2


def test_a_pool_outside_of_its_block_is_refused() -> None:
    with pytest.raises(RuntimeError, match="`with` block"):
        ScoringPool(DRUG_LIKE, TWO)(["CCO"])


def test_a_scorer_of_a_script_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    class Mine(DescriptorScorer):
        name, summary = "mine", ""

        def _value(self, molecule: object) -> float:
            return 0.0

    Mine.__module__ = "__main__"
    monkeypatch.setitem(SCORERS, "mine", Mine)
    with pytest.raises(ConfigError, match="move it to a module"):
        ScoringPool(ObjectiveSettings(components=[{"scorer": "mine"}]), TWO)


@pytest.fixture(scope="module")
def trouble(ray: None) -> ObjectiveSettings:
    import molgan_toy_scorers  # noqa: F401  registers the scorer

    return ObjectiveSettings(components=[{"scorer": "trouble", "transform": {"name": "linear", "low": 0, "high": 10}}])


@pytest.mark.slow
def test_a_molecule_that_kills_its_worker_fails_alone(trouble: ObjectiveSettings) -> None:
    smiles = ["C" * n for n in range(1, 9)] + ["[Xe]", "[Ar]", "[Xe]"]
    with ScoringPool(trouble, TWO, chunk=4) as pool:
        table = pool(smiles)
        assert table.raw["trouble"][:8].tolist() == list(range(1, 9))
        assert np.isnan(table.total[8:]).all()
        assert table.errors[8] == table.errors[10] == "not scored: the worker process died"
        assert table.errors[9] == "trouble: ValueError: noble"
        assert table.counts["trouble"].failed == 2
        assert pool(["CC"]).raw["trouble"].tolist() == [2]


@pytest.mark.slow
def test_a_molecule_that_hangs_fails_alone(trouble: ObjectiveSettings) -> None:
    with ScoringPool(trouble, ComputeSettings(workers=2, scoring={"timeout": 3}), chunk=3) as pool:
        started = time.monotonic()
        table = pool(["C", "[Kr]", "CC", "CCC"])
        assert time.monotonic() - started < 60
    assert table.errors == [None, "not scored: took longer than 3 s", None, None]
    assert table.raw["trouble"][[0, 2, 3]].tolist() == [1, 2, 3]


def test_a_scorer_has_actors_of_its_own_and_no_more_than_it_may() -> None:
    parts = [
        {"scorer": "qed"},
        {"scorer": "sa", "concurrency": 1},
        {"scorer": "brenk", "weight": 0},
        {"scorer": "tpsa", "weight": 2},
    ]
    objective = ObjectiveSettings(components=parts, aggregation="pareto")
    compute = ComputeSettings(workers=2, scoring={"cpus": 0.5}, scorers={"brenk": {"min": 1, "max": 3, "idle": 0.2}})
    with ScoringPool(objective, compute, chunk=4) as pool:
        assert count_processors(compute, [pool._crew._pools]) == 7  # 2, and 1 * 0.5 + 3 * 1 + 2 * 0.5
        sizes = dict(pool._crew.workers)
        assert {names: len(workers) for names, workers in sizes.items()} == {
            ("sa",): 1,
            ("brenk",): 1,
            ("qed", "tpsa"): 2,
        }
        clear_caches()
        found = pool(inputs())
        assert {counts.cached for counts in found.counts.values()} == {0}
        clear_caches()
        assert_same(found, Objective(objective)(inputs()))
        assert len(sizes["sa",]) == 1
        assert len(sizes["brenk",]) <= 3  # how many started depends on how long molecules waited
        deadline = time.monotonic() + 30
        while len(sizes["brenk",]) > 1 and time.monotonic() < deadline:
            time.sleep(0.1)
        assert len(sizes["brenk",]) == 1  # and ended when nobody asked
        clear_caches()
        assert_same(pool(inputs()[:5]), Objective(objective)(inputs()[:5]))
