"""Runs the trials of a sweep by Ray Tune."""

from __future__ import annotations

import logging
import math
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import Any

from molgan.base.errors import ConfigError
from molgan.base.parallel import cores
from molgan.base.progress import Progress
from molgan.base.stopping import leave_if_asked
from molgan.distributed.resources import find_lacking, list_machines, may_grow
from molgan.distributed.session import ray_session
from molgan.distributed.settings import AshaSettings
from molgan.distributed.shortage import describe
from molgan.distributed.storage import is_shared
from molgan.distributed.trial_task import Curve, TrialEnd, TrialTask

OnEnd = Callable[[TrialTask, TrialEnd], None]

_ENVIRONMENT = {
    "RAY_AIR_NEW_OUTPUT": "0",  # prints even where nothing is to be printed
    "TUNE_DISABLE_AUTO_CALLBACK_LOGGERS": "1",
    "TUNE_DISABLE_SIGINT_HANDLER": "1",
    "TUNE_DISABLE_STRICT_METRIC_CHECKING": "1",  # the last result of a trial has no figure
}
_MOST_LOST = 3  # times that a trial loses its machine
_ENDLESS = 10**9  # steps; a campaign ends by itself


def run_trials(
    tasks: Sequence[TrialTask],
    *,
    cpus: float,
    gpus: float,
    concurrent: int | None,
    address: str | None,
    scheduler: AshaSettings | None,
    mode: str,
    known: Sequence[Curve],
    folder: Path,
    on_end: OnEnd,
    progress: Progress,
) -> None:
    """Run each task in an actor of its own, in their order, as many at a time as there is room for.

    Args:
        tasks: The trials that are left.
        cpus: Processors that each reserves.
        gpus: GPUs that each reserves.
        concurrent: The most trials at the same time; None for no limit.
        address: The cluster; None for that of the environment, or a Ray of this machine.
        scheduler: Early stopping by the figures of the tasks, if any.
        mode: Whether high ("max") or low ("min") figures are good.
        known: The figures of trials of earlier sessions, which the scheduler compares with.
        folder: The folder of the sweep.
        on_end: Called when a trial has ended.
        progress: Gets a message where the cluster has no room as yet.

    Raises:
        ConfigError: Ray is not installed, no machine has what a trial reserves, or the folder is on one of several.
        RunError: Ray cannot be started or reached.
        Stopped: This process has been asked to leave; the trials at work end at once, and go on another time.
    """
    if find_spec("ray") is None:
        raise ConfigError("a sweep needs Ray: pip install 'molgan[ray]'")
    address = address or os.environ.get("RAY_ADDRESS")
    if not address:
        concurrent = min(concurrent or max(1, int(cores() / cpus)), len(tasks))
    with ray_session(math.ceil(cpus * (concurrent or 1)), address):
        _check_room({"CPU": cpus} | ({"GPU": gpus} if gpus else {}), folder, progress)
        from ray import tune

        from molgan.distributed.campaign_trial import CampaignTrial
        from molgan.distributed.trial_events import TrialEvents

        logging.getLogger("ray.tune").setLevel(logging.CRITICAL)
        with _set_environment(), TemporaryDirectory(prefix="molgan-") as files:
            tune.Tuner(
                tune.with_resources(tune.with_parameters(CampaignTrial, tasks=list(tasks)), {"cpu": cpus, "gpu": gpus}),
                param_space={"trial": tune.grid_search(list(range(len(tasks))))},
                tune_config=tune.TuneConfig(
                    max_concurrent_trials=concurrent,
                    scheduler=make_scheduler(scheduler, mode, known) if scheduler else None,
                ),
                run_config=tune.RunConfig(
                    name="sweep",
                    storage_path=files,
                    checkpoint_config=tune.CheckpointConfig(checkpoint_at_end=False),  # run folders keep their own
                    failure_config=tune.FailureConfig(max_failures=_MOST_LOST),
                    callbacks=[TrialEvents(tasks, on_end, leave_if_asked)],
                    verbose=0,
                ),
            ).fit()


def make_scheduler(settings: AshaSettings, mode: str, known: Sequence[Curve]) -> Any:
    """Ray Tune's ASHA, as if it had seen the trials of earlier sessions."""
    from ray.tune.schedulers import ASHAScheduler

    from molgan.distributed.campaign_trial import FIGURE, STEP

    scheduler: Any = ASHAScheduler(
        time_attr=STEP,
        metric=FIGURE,
        mode=settings.mode or mode,
        max_t=_ENDLESS,
        grace_period=settings.grace,
        reduction_factor=settings.reduction,
        stop_last_trials=False,
    )
    for number, curve in enumerate(known):
        trial: Any = SimpleNamespace(trial_id=f"known {number}")
        scheduler.on_trial_add(None, trial)
        for step, figure in curve:
            scheduler.on_trial_result(None, trial, {STEP: step, FIGURE: figure})
        scheduler.on_trial_remove(None, trial)
    return scheduler


def _check_room(wanted: dict[str, float], folder: Path, progress: Progress) -> None:
    machines = list_machines()
    if len(machines) > 1 and not is_shared(folder):
        raise ConfigError(
            f"out: {folder} is a folder of this machine alone, and the cluster has {len(machines)} machines; give one "
            "that all of them see"
        )
    if lacking := find_lacking(wanted, machines):
        fault = (
            f"cpus, gpus: a trial reserves {describe(wanted)}, and no machine has more than {describe(lacking)}; lower "
            "them"
        )
        if not may_grow():
            raise ConfigError(fault)
        progress.message(f"{fault}, or wait until the cluster adds some")


@contextmanager
def _set_environment() -> Iterator[None]:
    before = {name: os.environ.get(name) for name in _ENVIRONMENT}
    os.environ.update(_ENVIRONMENT)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
