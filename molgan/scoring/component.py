"""One component of an objective at work: its scorer, the processes that run it, and its transform."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from molgan.scoring.base import Score, Scorer, Scores, Scoring
from molgan.scoring.batch import Batch
from molgan.scoring.cost_class import Cost
from molgan.scoring.fast.descriptors import Descriptors
from molgan.scoring.processes.scoring_processes import ScoringProcesses
from molgan.scoring.recipe import make_recipe
from molgan.scoring.score_store import Store
from molgan.scoring.scoring_job import ScoringJob
from molgan.scoring.settings import ComponentSettings
from molgan.scoring.transforms import Transform

T = TypeVar("T")


@dataclass(frozen=True)
class Component:
    """A component, built by `Component.of`. `isolated` are the processes of a scorer that does not run in this one."""

    settings: ComponentSettings
    scorer: Scorer
    transform: Transform
    isolated: ScoringProcesses | None

    @classmethod
    def of(cls, settings: ComponentSettings) -> Component:
        """Raises ConfigError for a scorer, parameter or transform that does not exist or does not fit."""
        scorer = settings.build_scorer()
        isolated = None
        if settings.is_isolated(scorer):
            recipes = {settings.name: make_recipe(settings.scorer, scorer)}
            isolated = ScoringProcesses(recipes, settings.concurrency or 1, timeout=settings.timeout)
        return cls(settings, scorer, settings.build_transform(scorer), isolated)

    @property
    def name(self) -> str:
        return self.settings.name

    @property
    def cost(self) -> Cost:
        """The class of the scorer's cost; that of a user's own code unless it says more."""
        own = self.isolated is not None or not type(self.scorer).__module__.startswith("molgan.")
        return max(self.scorer.cost, Cost.OWN) if own else self.scorer.cost

    @property
    def waits(self) -> bool:
        """Whether scoring costs this process little time, since other processes or servers do the work."""
        return self.isolated is not None or self.scorer.waits

    def choose_store(self, store: Store | None) -> Store | None:
        """The cache on disk if values are worth caching there, else None."""
        return store if self.scorer.costly or self.isolated is not None else None

    def score(self, batch: Batch, store: Store | None = None, scoring: Scoring | None = None) -> Scores:
        """Raw values; `scoring` replaces `score_fresh`. Raises RunError when `store` cannot be used."""
        return self.scorer(batch, scoring=scoring or self.score_fresh, store=self.choose_store(store))

    def score_fresh(self, molecules: list[Descriptors]) -> list[Score]:
        """A score for each distinct molecule; failures are tried again as often as the settings say."""
        return self.retry_failed(self.score_once(molecules), lambda rows: self.score_once([molecules[i] for i in rows]))

    def retry_failed(self, scores: list[Score], score: Callable[[list[int]], list[Score]]) -> list[Score]:
        """The scores, after `score` was called again with the positions of those that failed."""
        # A scorer with retries of its own makes them itself.
        retries = 0 if "retries" in self.scorer.Parameters.model_fields else self.settings.retries
        for _ in range(retries):
            failed = [i for i, result in enumerate(scores) if result.error is not None]
            if not failed:
                break
            for i, result in zip(failed, score(failed), strict=True):
                scores[i] = result
        return scores

    def score_once(self, molecules: list[Descriptors]) -> list[Score]:
        """A score for each distinct molecule, computed once and without caches."""
        if self.isolated is None:
            return self.scorer.score_fresh(molecules)
        if not molecules:
            return []
        smiles = [molecule.smiles for molecule in molecules]
        return self.isolated.score([ScoringJob([self.name], smiles, smiles)])[self.name]

    def transform_values(self, raw: NDArray[np.float64], batch: Batch) -> NDArray[np.float64]:
        """The transformed raw values, 0..1; NaN for a failure, or 0 when a missing value counts as the worst."""
        values = self.transform(raw)
        if self.settings.missing == "worst":
            return np.where(np.isnan(values) & (batch.place >= 0), 0.0, values)
        return values

    def close(self) -> None:
        """End the scorer's processes and running calls."""
        self.scorer.close()
        if self.isolated is not None:
            self.isolated.close()


@contextmanager
def start_calls(components: Iterable[Component], call: Callable[[Component], T]) -> Iterator[dict[str, Future[T]]]:
    """Start a call in a thread for each component that waits for others; the futures by the components' names."""
    chosen = list(components)
    if not chosen:
        yield {}
        return
    with ThreadPoolExecutor(len(chosen)) as threads:
        try:
            yield {component.name: threads.submit(call, component) for component in chosen}
        except BaseException:  # an interrupt does not wait for the calls
            for component in chosen:
                component.close()
            raise
