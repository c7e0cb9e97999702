"""Crews: processes that score for an objective, and the delegation of its work to them."""

from collections.abc import Sequence
from functools import partial
from typing import Protocol

from molgan.scoring.base import Score, Scores, Scoring
from molgan.scoring.batch import Batch
from molgan.scoring.component import Component
from molgan.scoring.score_store import Store
from molgan.scoring.scoring_job import ScoringJob


class Crew(Protocol):
    """Processes that score, on this machine or others. A crew works for one objective.

    `least` is the smallest number of uncached molecules for which using the crew pays.
    """

    least: int

    def assign(self, components: Sequence[Component]) -> list[list[Component]]:
        """Choose the components of the objective that the crew scores, in groups whose scorers share descriptors;
        called once. Raises ConfigError when the crew cannot score them."""

    def open(self) -> None:
        """Prepare for the first molecules. Raises ConfigError or RunError."""

    def score(self, jobs: Sequence[ScoringJob]) -> dict[str, list[Score]]:
        """The scores of each column, in the order of its job's molecules; each column is in one job. Raises RunError
        when the crew fails for good."""

    def close(self) -> None:
        """End the processes."""


class Delegation:
    """The components of an objective that a crew scores, if there is one."""

    def __init__(self, crew: Crew | None, components: Sequence[Component]) -> None:
        self._crew = crew
        self._groups = crew.assign(components) if crew is not None else []

    def is_worthwhile(self, count: int) -> bool:
        """Whether the crew is used for `count` molecules."""
        return self._crew is not None and bool(self._groups) and count >= self._crew.least

    def make_jobs(self, components: Sequence[Component], batch: Batch, store: Store | None) -> list[ScoringJob]:
        """Jobs for some of the components, of the molecules that are in no cache, one per group; none where using the
        crew does not pay."""
        groups = [[component for component in group if component in components] for group in self._groups]
        jobs = [_make_job(group, batch, store) for group in groups if group]
        return jobs if self.is_worthwhile(max((len(job.smiles) for job in jobs), default=0)) else []

    def score(self, jobs: list[ScoringJob], batch: Batch, store: Store | None) -> dict[str, Scores]:
        """The values of the crew, by component. Raises RunError when the crew fails for good."""
        found = self._ask(jobs)
        scores = {}
        named = {component.name: component for group in self._groups for component in group}
        for job in jobs:
            for component in (named[name] for name in job.columns):
                again = partial(self._ask_again, component.name, job)
                column = component.retry_failed(found[component.name], again)
                known = dict(zip(job.smiles, column, strict=True))
                scores[component.name] = component.score(batch, store, _look_up(known))
        return scores

    def _ask(self, jobs: list[ScoringJob]) -> dict[str, list[Score]]:
        return self._crew.score(jobs) if self._crew is not None and jobs else {}

    def _ask_again(self, name: str, job: ScoringJob, rows: list[int]) -> list[Score]:
        part = ScoringJob([name], [job.texts[row] for row in rows], [job.smiles[row] for row in rows], job.most)
        return self._ask([part])[name]


def _make_job(group: list[Component], batch: Batch, store: Store | None) -> ScoringJob:
    found = (component.scorer.find_unknown(batch, component.choose_store(store)) for component in group)
    unknown = {molecule.smiles for molecules in found for molecule in molecules}
    new = [(text, m.smiles) for m, text in zip(batch.distinct, batch.texts, strict=True) if m.smiles in unknown]
    caps = [c.settings.concurrency for c in group if c.settings.concurrency is not None]
    columns = [component.name for component in group]
    return ScoringJob(columns, [text for text, _ in new], [smiles for _, smiles in new], min(caps, default=None))


def _look_up(known: dict[str, Score]) -> Scoring:
    return lambda molecules: [known[molecule.smiles] for molecule in molecules]
