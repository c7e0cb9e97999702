"""Where the work is done."""

import math
from typing import Literal

from pydantic import Field, model_validator

from molgan.base.settings import Settings


class PoolSettings(Settings):
    """Ray actors that score: `min` of them always, more while molecules wait, at most `max`; those beyond `min` end
    when nothing was asked for `idle` seconds. Without either there are as many as `compute.workers`. An actor reserves
    `cpus` processors and `gpus` GPUs, either of which may be a fraction. A call that takes longer than `timeout`
    seconds costs the actor its life; null waits for ever."""

    min: int | None = Field(default=None, ge=1, le=4096)
    max: int | None = Field(default=None, ge=1, le=4096)
    cpus: float = Field(default=1.0, ge=0, le=1024)
    gpus: float = Field(default=0.0, ge=0, le=64)
    timeout: float | None = Field(default=300.0, gt=0)
    idle: float = Field(default=60.0, gt=0)

    @model_validator(mode="after")
    def _ordered(self) -> "PoolSettings":
        if self.max is not None and self.min is not None and self.max < self.min:
            raise ValueError(f"max {self.max} is below min {self.min}")
        return self

    def bounds(self, workers: int, cap: int | None = None) -> tuple[int, int]:
        """Actors at least and at most, neither above `cap`."""
        least = self.min or (workers if self.max is None else 1)
        most = self.max or max(workers, least)
        return (least, most) if cap is None else (min(least, cap), min(most, cap))


class ComputeSettings(Settings):
    """`workers` 0 works in this process; more are that many Ray workers, of the cluster at `address` (host:port, or
    auto) or at RAY_ADDRESS of the environment, else of this machine. `threads` (of PyTorch, a process) are all cores
    when left out, one for a Ray worker. `device` auto takes a GPU where there is one. `scoring` is the pool of actors
    that score; a component of the objective that `scorers` names has a pool of its own. Each stage that trains starts
    again from its checkpoint at most `failures` times when workers are lost."""

    workers: int = Field(default=0, ge=0, le=4096)
    address: str | None = Field(default=None, min_length=1)
    device: Literal["auto", "cpu", "cuda"] = "auto"
    threads: int | None = Field(default=None, ge=1)
    failures: int = Field(default=10, ge=0)
    scoring: PoolSettings = PoolSettings()
    scorers: dict[str, PoolSettings] = Field(default_factory=dict)

    @property
    def processors(self) -> int:
        """Processors that training workers and scoring actors reserve together, at most."""
        pools = [self.scoring, *self.scorers.values()]
        scoring = sum(pool.bounds(self.workers)[1] * pool.cpus for pool in pools)
        return math.ceil(self.workers * (self.threads or 1) + scoring)
