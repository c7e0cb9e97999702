"""Opens the trackers of a run, and keeps their numbers in its folder, so that one that goes on is one run there."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from molgan.base.errors import ConfigError, RunError
from molgan.base.files import write_files
from molgan.base.progress import Progress
from molgan.config import CampaignConfig, Training
from molgan.training.tracking import Tracker, Tracking

_FILE = "tracking.json"


@contextmanager
def open_tracking(config: CampaignConfig | Training, folder: Path, progress: Progress) -> Iterator[Tracking]:
    """The trackers that a configuration names, and Ray's gauges where it works on Ray, for as long as the `with` lasts.

    Raises ConfigError where a package is not installed, RunError where a tracker cannot be reached at the start.
    """
    tracking = Tracking(_open_trackers(config, folder), progress.message)
    outcome = "failed"
    try:
        yield tracking
        outcome = "done"
    except KeyboardInterrupt:
        outcome = "stopped"
        raise
    finally:
        tracking.close(outcome)


def _open_trackers(config: CampaignConfig | Training, folder: Path) -> list[Tracker]:
    trackers: list[Tracker] = []
    if config.compute.workers:
        from molgan.distributed.ray_gauges import RayGauges

        trackers.append(RayGauges(config.name))
    values, numbers = config.model_dump(mode="json"), _read_numbers(folder)
    before = dict(numbers)
    try:
        if (mlflow := config.tracking.mlflow) is not None:
            from molgan.training.mlflow_tracker import MlflowTracker

            trackers.append(kept := MlflowTracker(mlflow, config.name, values, numbers.get("mlflow")))
            numbers["mlflow"] = kept.number
        if (wandb := config.tracking.wandb) is not None:
            from molgan.training.wandb_tracker import WandbTracker

            trackers.append(run := WandbTracker(wandb, config.name, values, numbers.get("wandb"), folder))
            numbers["wandb"] = run.number
    except ConfigError:
        raise
    except Exception as error:  # each package has errors of its own
        raise RunError(f"tracking: {(str(error).strip() or type(error).__name__).splitlines()[0]:.300}") from error
    if numbers != before:
        write_files(folder, {_FILE: [json.dumps(numbers).encode()]})
    return trackers


def _read_numbers(folder: Path) -> dict[str, Any]:
    try:
        content = json.loads((folder / _FILE).read_text())
    except (OSError, ValueError):
        return {}
    return {name: text for name, text in content.items() if isinstance(text, str)} if isinstance(content, dict) else {}
