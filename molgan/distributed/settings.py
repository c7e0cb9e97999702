"""Settings of where the work is done."""

from typing import Literal

from pydantic import Field, model_validator

from molgan.base.settings import Settings


class PoolSettings(Settings):
    """Ray actors that score. Without `min` and `max` there are as many as `compute.workers`."""

    min: int | None = Field(
        default=None,
        ge=0,
        le=4096,
        description="Actors that are always there; with 0 none is while nothing is scored, though room for one is kept",
    )
    max: int | None = Field(default=None, ge=1, le=4096, description="Most actors while molecules wait")
    cpus: float = Field(default=1.0, ge=0, le=1024, description="Processors that an actor reserves, or a fraction")
    gpus: float = Field(default=0.0, ge=0, le=64, description="GPUs that an actor reserves, or a fraction")
    memory: float = Field(default=0.0, ge=0, le=65536, description="Memory that an actor reserves, in GiB")
    timeout: float | None = Field(
        default=300.0,
        gt=0,
        description="Seconds that a molecule may take before its actor is replaced; null waits for ever",
    )
    idle: float = Field(default=60.0, gt=0, description="Seconds without work after which an actor beyond `min` ends")

    @model_validator(mode="after")
    def _check_order(self) -> "PoolSettings":
        if self.max is not None and self.min is not None and self.max < self.min:
            raise ValueError(f"max {self.max} is below min {self.min}")
        return self

    def bounds(self, workers: int, cap: int | None = None) -> tuple[int, int]:
        """The least and the most actors, neither above `cap`."""
        least = (workers if self.max is None else 1) if self.min is None else self.min
        most = self.max or max(workers, least)
        return (least, most) if cap is None else (min(least, cap), min(most, cap))


class ComputeSettings(Settings):
    """Where the work is done: in one process, or on Ray workers."""

    workers: int = Field(default=0, ge=0, le=4096, description="Ray workers; 0 does all the work in one process")
    address: str | None = Field(
        default=None,
        min_length=1,
        description="Ray cluster, host:port or auto; by default the one that RAY_ADDRESS names, else this machine",
    )
    device: Literal["auto", "cpu", "cuda"] = Field(
        "auto", description="Where networks run; auto takes a GPU where there is one for each worker beside scoring's"
    )
    gpus: float = Field(
        default=1.0,
        gt=0,
        le=1,
        description="Part of a GPU that a training worker takes, where networks run on GPUs; workers that share one "
        "add their gradients over the processor",
    )
    threads: int | None = Field(
        default=None,
        ge=1,
        description="Threads of PyTorch per process; all cores by default, one for a Ray worker, since "
        "workers that share processors scale only then",
    )
    failures: int = Field(
        default=10, ge=0, description="Times that a stage starts again from its checkpoint after it lost workers"
    )
    stall: float | None = Field(
        default=1800.0,
        gt=0,
        description="Seconds without a step of the training after which all its workers start again from the "
        "checkpoint; a worker that gives no sign of life has a tenth of that; null waits for ever",
    )
    scoring: PoolSettings = Field(PoolSettings(), description="Pool of Ray actors that score")
    scorers: dict[str, PoolSettings] = Field(
        default_factory=dict, description="Pools of their own for components of the objective, by the component's name"
    )


class AshaSettings(Settings):
    """Early stopping by asynchronous successive halving (ASHA, Li et al. 2020, arXiv:1810.05934): a trial that is worse
    than most others were at the same step is stopped, at `grace` steps and at every `reduction` times as many."""

    metric: str | None = Field(
        default=None,
        min_length=1,
        description="Figure that a training stage reports as it goes, `reinforce.score`; that of the sweep by default",
    )
    mode: Literal["max", "min"] | None = Field(
        default=None, description="Whether high or low values are good; as of the sweep by default"
    )
    grace: int = Field(default=50, ge=1, description="Steps that every trial may take")
    reduction: float = Field(
        default=4.0,
        gt=1,
        description="One trial in so many goes on at `grace` steps, and at each so many times as many",
    )
