"""Which components of an objective share a pool of actors, and the processors that all pools of a job reserve."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from molgan.distributed.settings import ComputeSettings, PoolSettings
from molgan.scoring.settings import ComponentSettings

GIB = 2.0**30


class Shape(NamedTuple):
    """Processors, GPUs and GiB of memory that one actor reserves."""

    cpus: float
    gpus: float = 0.0
    memory: float = 0.0

    @classmethod
    def of(cls, settings: PoolSettings) -> Shape:
        return cls(settings.cpus, settings.gpus, settings.memory)

    @property
    def bundle(self) -> dict[str, float]:
        """The amounts by Ray's names, memory in bytes, without zeros."""
        amounts = {"CPU": self.cpus, "GPU": self.gpus, "memory": float(round(self.memory * GIB))}
        return {name: amount for name, amount in amounts.items() if amount}


@dataclass(frozen=True, slots=True)
class Pool:
    """Components that are scored together, the settings of their actors, and the least and most of them."""

    components: Sequence[ComponentSettings]
    settings: PoolSettings
    bounds: tuple[int, int]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(component.name for component in self.components)

    @property
    def shape(self) -> Shape:
        return Shape.of(self.settings)


def plan_pools(components: Sequence[ComponentSettings], compute: ComputeSettings) -> list[Pool]:
    """The pools of an objective: one for each component that `compute.scorers` names or that limits its `concurrency`,
    and one for all others."""
    return list(_plan(components, compute))


def count_kept(objectives: Sequence[Sequence[Pool]]) -> Counter[Shape]:
    """How many actors of each shape have to have room so that any one of the objectives, given by their pools, can be
    scored: one for each pool, or a training would wait for ever for its scores. Actors that reserve nothing are left
    out."""
    kept: Counter[Shape] = Counter()
    for pools in objectives:
        needed: Counter[Shape] = Counter()
        for pool in pools:
            if any(pool.shape):
                needed[pool.shape] += 1
        kept |= needed
    return kept


def count_processors(compute: ComputeSettings, objectives: Sequence[Sequence[Pool]], *, training: bool = True) -> int:
    """The most processors that training workers and the actors of any one of the objectives reserve together."""
    scoring = max((sum(pool.bounds[1] * pool.settings.cpus for pool in pools) for pools in objectives), default=0.0)
    kept = sum(shape.cpus * count for shape, count in count_kept(objectives).items())
    return math.ceil(training * compute.workers * (compute.threads or 1) + max(scoring, kept))


def choose_gpus(compute: ComputeSettings, kept: Counter[Shape], there: float) -> float:
    """The GPUs of a training worker, or its part of one, where the cluster has `there`, or can have."""
    takes = compute.device == "cuda" or (compute.device == "auto" and 0 < count_gpus(compute, kept) <= there)
    return compute.gpus * takes


def count_gpus(compute: ComputeSettings, kept: Counter[Shape]) -> float:
    """The GPUs that training workers, with `compute.gpus` each, and the actors kept room for need. No worker has parts
    of two GPUs: of 0.4 two fit on one."""
    fitting = int(1 / compute.gpus + 1e-9)
    return math.ceil(compute.workers / fitting) + sum(shape.gpus * count for shape, count in kept.items())


def make_bundles(
    compute: ComputeSettings, kept: Counter[Shape], gpus: float, *, training: bool = True
) -> list[dict[str, float]]:
    """What is reserved together, a part for each process: first the training workers, with so many `gpus` each, then
    the actors that there has to be room for, shape by shape."""
    worker = {"CPU": float(compute.threads or 1)} | ({"GPU": gpus} if gpus else {})
    bundles = [dict(worker) for _ in range(compute.workers if training else 0)]
    for shape, count in kept.items():
        bundles += [shape.bundle for _ in range(count)]
    return bundles


def _plan(components: Sequence[ComponentSettings], compute: ComputeSettings) -> Iterator[Pool]:
    apart = [c for c in components if c.name in compute.scorers or c.concurrency is not None]
    for component in apart:
        settings = compute.scorers.get(component.name, compute.scoring)
        yield Pool([component], settings, settings.bounds(compute.workers, component.concurrency))
    if together := [component for component in components if component not in apart]:
        yield Pool(together, compute.scoring, compute.scoring.bounds(compute.workers))
