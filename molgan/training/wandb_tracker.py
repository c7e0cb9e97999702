"""Figures of a run in Weights & Biases: a chart `stage/name` each over the steps of its stage."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from molgan.base.errors import ConfigError
from molgan.training.settings import WandbSettings
from molgan.training.tracking import Figures


class WandbTracker:
    """A run of Weights & Biases, which `number`, where it is not None, continues."""

    name = "Weights & Biases"

    def __init__(
        self, settings: WandbSettings, job: str, values: Mapping[str, Any], number: str | None, folder: Path
    ) -> None:
        """
        Args:
            settings: Where the run is kept.
            job: Its name.
            values: The configuration.
            number: The number of an earlier part of the run.
            folder: The run folder, where an offline run is kept.

        Raises:
            ConfigError: The package is not installed.
        """
        os.environ.setdefault("WANDB_SILENT", "true")
        try:
            import wandb
        except ImportError as error:
            raise ConfigError("tracking.wandb needs the package wandb: pip install 'molgan[tracking]'") from error
        self._run: Any = wandb.init(
            project=settings.project,
            entity=settings.entity,
            name=job,
            id=number,
            resume="allow",
            mode=settings.mode,
            dir=str(folder),
            config=dict(values),
            # No output of this process, no code, nothing of git.
            settings=wandb.Settings(console="off", disable_git=True, disable_code=True, save_code=False),
        )
        self.number = str(self._run.id)
        self._stages: set[str] = set()

    def log(self, stage: str, step: int, figures: Figures) -> None:
        if stage not in self._stages:
            self._stages.add(stage)
            self._run.define_metric(f"{stage}/*", step_metric=f"{stage}/step")
        self._run.log({f"{stage}/step": step, **{f"{stage}/{name}": value for name, value in figures.items()}})

    def close(self, outcome: str) -> None:
        self._run.finish(exit_code=0 if outcome == "done" else 1)
