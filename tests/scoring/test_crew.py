"""An objective asks its crew about what no cache knows, and takes its answers as it takes those of this process."""

import math
from collections.abc import Sequence

import numpy as np
import pytest

from molgan.scoring.base import Score, WorkerLost
from molgan.scoring.component import Component
from molgan.scoring.objective import Objective
from molgan.scoring.score_cache import clear_caches
from molgan.scoring.scoring_job import ScoringJob
from molgan.scoring.settings import ObjectiveSettings


class Scripted:
    """Scores one component by lengths of SMILES; says of an ether, as often as `failures`, what `error` is."""

    least = 1

    def __init__(self, name: str, error: str = "", failures: int = 10) -> None:
        self.name = name
        self.error = error
        self.failures = failures
        self.asked: list[list[str]] = []
        self.events: list[str] = []

    def assign(self, components: Sequence[Component]) -> list[list[Component]]:
        return [[component for component in components if component.name == self.name]]

    def open(self) -> None:
        self.events.append("open")

    def score(self, jobs: Sequence[ScoringJob]) -> dict[str, list[Score]]:
        (job,) = jobs
        self.asked.append(list(job.smiles))
        return {self.name: [self.answer(smiles) for smiles in job.smiles]}

    def answer(self, smiles: str) -> Score:
        if smiles == "COC" and self.failures:
            self.failures -= 1
            return Score(math.nan, self.error)
        return Score(float(len(smiles)))

    def close(self) -> None:
        self.events.append("close")


@pytest.fixture(autouse=True)
def _no_caches() -> None:
    clear_caches()


def settings(**options: object) -> ObjectiveSettings:
    return ObjectiveSettings.model_validate({"components": [{"scorer": "mw", **options}, {"scorer": "qed"}]})


def test_a_crew_is_asked_once_about_each_molecule_and_the_rest_is_scored_here() -> None:
    crew = Scripted("mw")
    with Objective(settings(), crew) as objective:
        table = objective(["OCC", "CCO", None, "CCCO"])
        objective(["CCO", "COC"])
    assert crew.asked == [["CCO", "CCCO"], ["COC"]]
    assert crew.events == ["open", "close"]
    np.testing.assert_array_equal(table.raw["mw"], [3, 3, math.nan, 4])
    np.testing.assert_array_equal(table.raw["qed"], Objective(settings())(["OCC", "CCO", None, "CCCO"]).raw["qed"])
    counts = table.counts["mw"]
    assert (counts.given, counts.invalid, counts.repeated, counts.scored) == (4, 1, 1, 2)


def test_what_failed_is_asked_again_and_has_its_reason() -> None:
    crew = Scripted("mw", "it is an ether", failures=2)
    assert not np.isnan(Objective(settings(retries=2), crew)(["CCO", "COC"]).total).any()
    assert crew.asked == [["CCO", "COC"], ["COC"], ["COC"]]
    clear_caches()
    table = Objective(settings(retries=1, missing="worst"), Scripted("mw", "it is an ether"))(["COC", "CCCO"])
    assert table.errors == ["mw: it is an ether", None]
    assert table.transformed["mw"][0] == 0


def test_a_molecule_that_took_its_worker_with_it_is_not_scored() -> None:
    table = Objective(settings(), Scripted("mw", WorkerLost("the worker process died")))(["COC"])
    assert table.errors == ["not scored: the worker process died"]
    assert table.counts["mw"].reasons == {"the worker process died": 1}
