"""The settings that campaigns and trainings share."""

from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any, ClassVar

from pydantic import Field, field_validator

from molgan.base.errors import ConfigError
from molgan.base.settings import Settings, expand_home
from molgan.chem.settings import DataSettings
from molgan.distributed.settings import ComputeSettings
from molgan.training.settings import TrackingSettings

SHIPPED = files("molgan") / "data"


class JobConfig(Settings):
    """What campaigns and trainings share."""

    miniature: ClassVar = {"data": {"train": str(SHIPPED / "moses_reference_1000.csv.gz"), "column": None}}

    name: str = Field(
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", description="Name of the run; the file's name without .yaml by default"
    )
    seed: int = Field(default=0, ge=0, lt=2**32, description="Seed of all random numbers")
    out: str | None = Field(
        None, description="Where the run's files go, a folder or a URL of storage (s3://…); `runs/<name>` by default"
    )
    data: DataSettings = Field(description="Known molecules")
    compute: ComputeSettings = Field(ComputeSettings(), description="Where the work is done")
    tracking: TrackingSettings = Field(TrackingSettings(), description="Who gets the figures beside TensorBoard")

    @field_validator("out", mode="before")
    @classmethod
    def _check_place(cls, out: Any) -> Any:
        if isinstance(out, str) and "@" in out.partition("://")[2].partition("/")[0]:
            # The credentials would be written to config.yaml, and shown in errors.
            raise ValueError(
                "out: remove the credentials from the URL; storage takes its credentials from the environment"
            )
        if isinstance(out, Path | str) and "://" not in str(out):
            expanded = expand_home(Path(out))
            return str(expanded) if isinstance(out, Path) or out.startswith("~") else out
        return out

    @property
    def storage(self) -> str | None:
        """The URL of the run's files, None when they go to a folder."""
        return self.out if self.out is not None and "://" in self.out else None

    @property
    def folder(self) -> Path:
        """Where the run's files are written, relative to the working folder; with `storage` copied from here."""
        return Path("runs") / self.name if self.out is None or self.storage else Path(self.out)


def check_condition(names: Sequence[str]) -> None:
    """Raises ValueError where the names of `network.condition` are not different scorers."""
    from molgan.scoring.registry import get_named_scorer

    try:
        for name in names:
            get_named_scorer(name)
    except ConfigError as error:
        raise ValueError(f"network.condition: {error}") from None
    if len(set(names)) < len(names):
        raise ValueError("network.condition: a scorer is given twice")
