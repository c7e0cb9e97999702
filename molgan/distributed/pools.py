"""Which components of an objective share a pool of actors, and the processors that all pools of a job reserve."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from molgan.distributed.settings import ComputeSettings, PoolSettings
from molgan.scoring.settings import ComponentSettings

Shape = tuple[float, float]
"""Processors and GPUs that one actor reserves."""


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
        return self.settings.cpus, self.settings.gpus


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
    kept = sum(shape[0] * count for shape, count in count_kept(objectives).items())
    return math.ceil(training * compute.workers * (compute.threads or 1) + max(scoring, kept))


def choose_gpus(compute: ComputeSettings, kept: Counter[Shape], there: float) -> float:
    """The GPUs of a training worker, where the cluster has `there`, or can have."""
    if compute.device == "auto":
        scoring = sum(shape[1] * count for shape, count in kept.items())
        return float(there >= compute.workers + scoring and there > 0)
    return float(compute.device == "cuda")


def make_bundles(
    compute: ComputeSettings, kept: Counter[Shape], gpus: float, *, training: bool = True
) -> list[dict[str, float]]:
    """What is reserved together, a part for each process: first the training workers, with so many `gpus` each, then
    the actors that there has to be room for, shape by shape."""
    worker = {"CPU": float(compute.threads or 1)} | ({"GPU": gpus} if gpus else {})
    bundles = [dict(worker) for _ in range(compute.workers if training else 0)]
    for (cpus, gpus_each), count in kept.items():
        part = {name: amount for name, amount in (("CPU", cpus), ("GPU", gpus_each)) if amount}
        bundles += [dict(part) for _ in range(count)]
    return bundles


def _plan(components: Sequence[ComponentSettings], compute: ComputeSettings) -> Iterator[Pool]:
    apart = [c for c in components if c.name in compute.scorers or c.concurrency is not None]
    for component in apart:
        settings = compute.scorers.get(component.name, compute.scoring)
        yield Pool([component], settings, settings.bounds(compute.workers, component.concurrency))
    if together := [component for component in components if component not in apart]:
        yield Pool(together, compute.scoring, compute.scoring.bounds(compute.workers))
