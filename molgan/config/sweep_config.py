"""The configuration of a sweep: which keys of a campaign vary, and which figure is to be best."""

import json
from collections import Counter
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Discriminator, Field, Tag, field_validator, model_validator

from molgan.base.settings import InputPath, Settings, expand_home
from molgan.distributed.settings import AshaSettings

MOST_TRIALS = 10_000


class RangeSettings(Settings):
    """A range that values are drawn from: `{uniform: [0, 1]}`, `{log: [1e-4, 1e-2]}` or `{integer: [1, 8]}`."""

    uniform: tuple[float, float] | None = Field(None, description="Numbers between two ends, each as likely as another")
    log: tuple[float, float] | None = Field(
        None, description="Numbers between two positive ends, each power of ten as likely as another"
    )
    integer: tuple[int, int] | None = Field(None, description="Whole numbers from the first to the last, both included")

    @model_validator(mode="after")
    def _check_ends(self) -> "RangeSettings":
        given = [name for name in ("uniform", "log", "integer") if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError(
                "keys: a key has a list of values, or one of `uniform`, `log` and `integer` with two ends, as in "
                "{log: [1e-4, 1e-2]}"
            )
        low, high = self.ends
        if low >= high:
            raise ValueError(f"{given[0]}: the first end, {low:g}, is not below the second, {high:g}")
        if self.log is not None and low <= 0:
            raise ValueError(f"log: both ends are above 0, not {low:g}; or draw evenly by `uniform`")
        return self

    @property
    def ends(self) -> tuple[float, float]:
        ends = self.uniform or self.log or self.integer
        assert ends is not None
        return ends


def _name_kind(value: Any) -> str:
    return "range" if isinstance(value, dict | RangeSettings) else "list"


Spread = Annotated[
    Annotated[list[Any], Field(min_length=1), Tag("list")] | Annotated[RangeSettings, Tag("range")],
    Discriminator(_name_kind),
]


class SweepConfig(Settings):
    """`molgan sweep`: a campaign many times over, each with other values of some keys."""

    miniature: ClassVar = {"trials": 2}

    name: str = Field(
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$",
        description="Name of the sweep; the file's name without .yaml by default",
    )
    campaign: InputPath = Field(description="Configuration of the campaign")
    keys: dict[str, Spread] = Field(
        min_length=1,
        description="Keys of the campaign as on the command line (`objective.components.0.weight`), each with a list "
        "of values or a range",
    )
    metric: str = Field(
        min_length=1,
        description="Figure that is to be best: `kept`, `yield`, `mean_score` or `best_score` of the library, or "
        "`stage.figure` of metrics.jsonl or of a stage's results, `reinforce.score`",
    )
    mode: Literal["max", "min"] = Field("max", description="Whether high or low values of `metric` are good")
    trials: int | None = Field(
        None, ge=1, le=MOST_TRIALS, description="Trials that are drawn; every combination of the lists by default"
    )
    concurrent: int | None = Field(
        None, ge=1, le=4096, description="Trials at work at the same time; as many as there is room for by default"
    )
    cpus: float = Field(1.0, gt=0, le=1024, description="Processors that a trial reserves, or a fraction")
    gpus: float = Field(0.0, ge=0, le=64, description="GPUs that a trial reserves, or a fraction; with 0 it sees none")
    address: str | None = Field(
        None,
        min_length=1,
        description="Ray cluster, host:port or auto; by default the one that RAY_ADDRESS names, else this machine",
    )
    scheduler: AshaSettings | None = Field(None, description="Early stopping; left out, every trial goes to its end")
    seed: int = Field(0, ge=0, lt=2**32, description="Seed of the draws from ranges and lists, not of the campaigns")
    out: str | None = Field(
        None, description="Folder of the sweep, with a run folder for each trial; `runs/<name>` by default"
    )

    @field_validator("keys")
    @classmethod
    def _check_keys(cls, keys: dict[str, Any]) -> dict[str, Any]:
        for key, values in keys.items():
            if key in ("name", "out"):
                raise ValueError(f"keys: {key!r} is set by the sweep, for each trial; leave it out")
            texts = [json.dumps(value, default=str) for value in values] if isinstance(values, list) else []
            for text, count in Counter(texts).items():
                if count > 1:
                    raise ValueError(f"keys: {key!r} has the value {text:.60} more than once")
        return keys

    @field_validator("out", mode="after")
    @classmethod
    def _check_place(cls, out: str | None) -> str | None:
        if out is not None and "://" in out:
            raise ValueError("out: a sweep writes to a folder that all its machines see, not to a URL")
        return None if out is None else str(expand_home(Path(out)))

    @model_validator(mode="after")
    def _check_trials(self) -> "SweepConfig":
        endless = [key for key, values in self.keys.items() if isinstance(values, RangeSettings)]
        if self.trials is None and endless:
            raise ValueError(f"trials: {endless[0]!r} is a range; say how many trials are drawn, as in trials: 20")
        return self

    @property
    def folder(self) -> Path:
        """Where the files of the sweep go, relative to the working folder."""
        return Path("runs") / self.name if self.out is None else Path(self.out)
