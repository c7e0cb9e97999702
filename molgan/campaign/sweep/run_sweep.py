"""Run a sweep: each trial a campaign in a run folder and a process of its own."""

import math
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from molgan.base.errors import ConfigError, MolganError, RunError
from molgan.base.progress import Progress, Silent
from molgan.base.run_files import RunFiles
from molgan.campaign.run_folder.lock import open_folder
from molgan.campaign.run_folder.status import read_status
from molgan.campaign.sweep.sweep_table import TrialRow, rank_rows, write_table, write_value
from molgan.campaign.sweep.trial_figures import check_curve, check_metric, read_curve, read_figure
from molgan.campaign.sweep.trial_log import TrialLog
from molgan.config.sweep import Sweep, Trial
from molgan.distributed.sweep_trials import run_trials
from molgan.distributed.trial_task import TrialEnd, TrialTask
from molgan.report.sweep_page import PagePoint, write_sweep_page

RunTrials = Callable[..., None]


@dataclass(frozen=True)
class SweepResult:
    """`rows`: one for each trial, in the order of their numbers."""

    folder: Path
    metric: str
    mode: str
    rows: list[TrialRow]

    @property
    def ranked(self) -> list[TrialRow]:
        """The rows, the best first."""
        return rank_rows(self.rows, self.mode)


def check_sweep(sweep: Sweep) -> None:
    """Raises ConfigError where the campaign has no such figures as `metric` and `scheduler` name."""
    settings = sweep.settings
    for trial in sweep.trials:
        try:
            check_metric(settings.metric, trial.config)
            if settings.scheduler is not None:
                check_curve(settings.scheduler.metric or settings.metric, trial.config)
        except ConfigError as error:
            raise ConfigError(f"{sweep.path}: {error}") from None


def run_sweep(sweep: Sweep, *, progress: Progress | None = None, run: RunTrials = run_trials) -> SweepResult:
    """Run the trials of a sweep that are not over, and write its table and its page, anew after each trial.

    A finished trial is not run again, unless its configuration has changed; one that was interrupted goes on in its
    folder. Raises ConfigError as `check_sweep` and `run_trials`, which `run` may replace; RunError where the folder
    belongs to another sweep or process, and where no trial has ended well.
    """
    check_sweep(sweep)
    settings, progress = sweep.settings, progress or Silent()
    with open_folder(settings.folder) as folder:
        log = TrialLog(folder, sweep.trials)
        over = [trial for trial in sweep.trials if _is_over(trial, folder, log, settings.scheduler is not None)]
        left = [trial for trial in sweep.trials if trial not in over]
        log.forget([trial.name for trial in sweep.trials if trial in left or _has_failed(log.find(trial.name))])
        progress.start("trials", len(sweep.trials))
        progress.advance("trials", len(over))
        if over:
            progress.message(f"{len(over):,} of {len(sweep.trials):,} trials are over already")
        _write(sweep, folder, log)
        named = {trial.name: trial for trial in left}

        def note_end(task: TrialTask, end: TrialEnd) -> None:
            log.add(task.name, end)
            row = _read_row(named[task.name], folder, log, settings.metric)
            progress.message(_describe(row, settings.metric))
            progress.advance("trials")
            _write(sweep, folder, log)

        if left:
            metric = None if settings.scheduler is None else settings.scheduler.metric or settings.metric
            run(
                [_make_task(sweep, trial, folder, metric) for trial in left],
                cpus=settings.cpus,
                gpus=settings.gpus,
                concurrent=settings.concurrent,
                address=settings.address,
                scheduler=settings.scheduler,
                mode=settings.mode,
                known=[read_curve(folder / trial.name, metric) for trial in over] if metric else [],
                folder=folder,
                on_end=note_end,
                progress=progress,
            )
        progress.finish("trials")
        rows = _write(sweep, folder, log)
    if all(row.state == "failed" for row in rows):
        raise RunError(f"{folder}: no trial has come to its end; {rows[0].name}: {rows[0].reason}")
    return SweepResult(folder, settings.metric, settings.mode, rows)


def _is_over(trial: Trial, folder: Path, log: TrialLog, stops_early: bool) -> bool:
    """Whether a trial has come to its end, or was stopped early, with the configuration that it has now."""
    files, end = RunFiles(folder / trial.name), log.find(trial.name)
    try:
        if files.config() != trial.config.model_dump(mode="json"):
            return False
    except ValueError:  # damaged
        return False
    return (stops_early and end is not None and end.state == "stopped") or read_status(files.run).done


def _has_failed(end: TrialEnd | None) -> bool:
    return end is not None and end.state == "failed"


def _make_task(sweep: Sweep, trial: Trial, folder: Path, metric: str | None) -> TrialTask:
    command = [sys.executable, "-m", "molgan", "--log", "plain", "run", str(sweep.settings.campaign)]
    command += ["--accept-short", *(["--smoke"] if sweep.smoke else []), *trial.overrides]
    return TrialTask(
        name=trial.name,
        command=command,
        run=(folder / trial.name).absolute(),
        log=(folder / f"{trial.name}.log").absolute(),
        place=Path.cwd(),
        read=partial(read_curve, metric=metric) if metric else None,
    )


def _write(sweep: Sweep, folder: Path, log: TrialLog) -> list[TrialRow]:
    settings = sweep.settings
    rows = [_read_row(trial, folder, log, settings.metric) for trial in sweep.trials]
    write_table(folder, rows, settings.metric)
    points = [_make_point(row) for row in rank_rows(rows, settings.mode)]
    logarithmic = [key for key, spread in settings.keys.items() if getattr(spread, "log", None)]
    write_sweep_page(folder / "sweep.html", settings.name, settings.metric, points, logarithmic=logarithmic)
    return rows


def _make_point(row: TrialRow) -> PagePoint:
    report = row.folder / "report.html"
    link = f"{row.name}/{report.name}" if report.exists() else None
    return PagePoint(row.name, row.values, row.figure, row.state, link)


def _read_row(trial: Trial, folder: Path, log: TrialLog, metric: str) -> TrialRow:
    end, run = log.find(trial.name), folder / trial.name
    figure, reason = math.nan, end.reason if end else ""
    try:
        figure = read_figure(run, metric)
    except MolganError as error:
        reason = reason or str(error)
    state = end.state if end else "waiting"
    if state == "waiting" and (run / "config.yaml").exists():
        state = "done" if read_status(str(run)).done else "interrupted"
    return TrialRow(trial.name, trial.values, figure, state, reason, end.seconds if end else math.nan, run)


def _describe(row: TrialRow, metric: str) -> str:
    values = ", ".join(f"{key} {write_value(value)}" for key, value in row.values.items())
    figure = "" if math.isnan(row.figure) else f", {metric} {row.figure:.4g}"
    reason = f", {row.reason}" if row.reason else ""
    return f"{row.name} ({values}): {row.state}{figure}{reason}"
