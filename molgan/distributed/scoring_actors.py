"""Ray actors that score for an objective."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from math import nan
from typing import Any

from molgan.base.errors import ConfigError
from molgan.base.progress import Progress
from molgan.distributed.lost_workers import Lost
from molgan.distributed.pools import Pool, plan_pools
from molgan.distributed.reservation import Reservation, reserve
from molgan.distributed.session import import_from
from molgan.distributed.settings import ComputeSettings
from molgan.distributed.workers import Workers
from molgan.scoring.base import Score, WorkerLost, spread
from molgan.scoring.component import Component, start_calls
from molgan.scoring.scoring_job import ScoringJob, read_batch
from molgan.scoring.settings import ComponentSettings


class ScoringActors:
    """A crew of Ray actors, which score all components.

    The actors start when the `with` block of the objective begins, run until its end, and give the same values as the
    objective in this process. `compute` says how many there are; a component that it names in `scorers`, or that limits
    its `concurrency`, has its own actors, and all kinds work at the same time. A call scores `chunk` molecules, by
    default about 5 s of work as measured, a quarter of an actor's share and 256 at most. A molecule that kills two
    workers, or takes longer than one may, is NaN with a reason. Workers import scorers and transforms from the modules
    that define them. `progress` gets a message for every lost worker.

    The first actor of each kind has reserved room: that of `reservation`, which a campaign shares with its training, or
    room of its own.
    """

    least = 0

    def __init__(
        self,
        compute: ComputeSettings,
        *,
        chunk: int | None = None,
        reservation: Reservation | None = None,
        progress: Progress | None = None,
    ) -> None:
        self._compute = compute
        self._chunk = chunk
        self._reservation = reservation
        self._progress = progress
        self._modules: list[str] = []
        self._pools: list[Pool] = []
        self._open = ExitStack()
        self.workers: dict[tuple[str, ...], Workers] = {}

    def assign(self, components: Sequence[Component]) -> list[list[Component]]:
        self._modules = _find_modules([part for c in components for part in (c.scorer, c.transform)])
        self._pools = plan_pools([component.settings for component in components], self._compute)
        named = {component.name: component for component in components}
        return [[named[settings.name] for settings in pool.components] for pool in self._pools]

    def open(self) -> None:
        """Wait until there is room for the workers, and start them, without waiting for them. Raises ConfigError or
        RunError; see `reserve`."""
        with ExitStack() as stack:
            held = self._reservation
            if held is None:
                held = stack.enter_context(reserve(self._compute, [self._pools], self._progress, training=False))
            for pool in self._pools:
                seats = held.take(pool.shape, 1)
                stack.callback(held.give_back, pool.shape, seats)
                arguments = (pool.components, self._modules, sys.path)
                how: dict[str, Any] = {
                    "bounds": pool.bounds,
                    "seats": seats,
                    "reservation": held,
                    "progress": self._progress,
                }
                workers = Workers(_Scoring, arguments, pool.settings, **how)
                stack.callback(workers.close)
                self.workers[pool.names] = workers
            self._open = stack.pop_all()

    def score(self, jobs: Sequence[ScoringJob]) -> dict[str, list[Score]]:
        """The scores of each column, as from any crew. Raises RunError when the workers fail for good."""
        if not self.workers:
            raise RuntimeError("a ScoringPool works inside its `with` block only")
        if len(jobs) == 1:
            return self._score(jobs[0])
        with ThreadPoolExecutor(len(jobs)) as threads:
            return {name: scores for part in threads.map(self._score, jobs) for name, scores in part.items()}

    def close(self) -> None:
        self.workers = {}
        self._open.close()

    def _score(self, job: ScoringJob) -> dict[str, list[Score]]:
        pool = next(pool for pool in self._pools if job.columns[0] in pool.names)
        workers, columns, count = self.workers[pool.names], tuple(job.columns), len(job.smiles)
        items = [(columns, text, smiles) for text, smiles in zip(job.texts, job.smiles, strict=True)]

        def cut() -> Iterator[list[tuple[tuple[str, ...], str, str]]]:
            start = 0
            while start < count:
                size = self._chunk or workers.pace.choose_size(count, pool.bounds[1])
                yield items[start : start + size]
                start += size

        scores: dict[str, list[Score]] = {column: [Score(nan)] * count for column in columns}
        for position, result in workers.run(cut()):
            for column in columns:
                found = [Score(nan, WorkerLost(result.reason))] if isinstance(result, Lost) else result[column]
                scores[column][position : position + len(found)] = found
        return scores


class _Scoring:
    """The actor."""

    def __init__(self, components: list[ComponentSettings], modules: list[str], path: list[str]) -> None:
        import_from(path)
        for module in modules:
            importlib.import_module(module)
        self._components = [Component.of(component) for component in components]

    def work(self, items: list[tuple[tuple[str, ...], str, str]]) -> dict[str, list[Score]]:
        """The scores of molecules, by column. An item: the columns, and the molecule's text and canonical SMILES."""
        columns = items[0][0]
        batch = read_batch([text for _, text, _ in items], [smiles for *_, smiles in items])
        components = [component for component in self._components if component.name in columns]

        def score(component: Component) -> list[Score]:
            return spread(batch, component.score_once(batch.distinct))

        with start_calls((component for component in components if component.waits), score) as waiting:
            found = {c.name: score(c) for c in components if c.name not in waiting}
            return found | {name: future.result() for name, future in waiting.items()}


def _find_modules(parts: list[object]) -> list[str]:
    modules = {type(part).__module__: type(part).__name__ for part in parts}
    if "__main__" in modules:
        raise ConfigError(
            f"{modules['__main__']} is defined in a script, which workers cannot import: move it to a module of its own"
        )
    return sorted(modules)
