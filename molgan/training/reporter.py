"""Passes the reports of a training loop on to metrics.jsonl, TensorBoard, trackers and the terminal."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from molgan.base.progress import Progress
from molgan.training.board import Board
from molgan.training.metrics_log import MetricsLog
from molgan.training.tracking import NOTHING, Tracking

_SHOWN = ("loss", "score", "best", "best_10", "unique", "accuracy", "auc")
_MOST_SHOWN = 6  # figures next to the bar


class Reporter:
    """Takes the reports of a stage for as long as the `with` lasts."""

    def __init__(
        self,
        stage: str,
        progress: Progress,
        *,
        metrics: MetricsLog | None = None,
        tensorboard: Path | None = None,
        tracking: Tracking = NOTHING,
        on_saved: Callable[[], None] = lambda: None,
        shown: Sequence[str] | None = _SHOWN,
        molecules_a_step: int | None = None,
        components: Callable[[], Mapping[str, float]] | None = None,
    ) -> None:
        """
        Args:
            stage: The name of the stage in rows, tags and on the bar.
            progress: Shows the bar.
            metrics: The log of the run, if the reports go there.
            tensorboard: The folder for TensorBoard, if the reports go there.
            tracking: The trackers of the run.
            on_saved: Called after every checkpoint.
            shown: Names of the figures next to the bar; None shows the first six that the loop reports.
            molecules_a_step: Molecules of a step, for a bar that counts molecules; by default it counts steps.
            components: Gives the means of the objective's components, 0 to 1, for a stage whose best molecules are
                shown below the bar.
        """
        self._stage = stage
        self._progress = progress
        self._metrics = metrics
        self._board = None if tensorboard is None else Board(tensorboard, stage)
        self._tracking = tracking
        self._on_saved = on_saved
        self._shown = shown
        self._molecules_a_step = molecules_a_step
        self._components = components
        self._task: str | None = None  # the task whose bar is shown
        self._step = 0
        self._goes_on: set[str] = set()  # tasks that have reported since the start

    def __enter__(self) -> "Reporter":
        return self

    def __exit__(self, *failure: object) -> None:
        self.restart()

    def __call__(self, metrics: Mapping[str, Any], saved: Mapping[str, Any] | None) -> None:
        """Pass on a report. `metrics` has `step`, counted anew in each `round`, and may have `steps` and `phase`."""
        row = {name: value for name, value in metrics.items() if name not in ("phase", "steps")}
        task = "critic" if metrics.get("phase") == "critic" else self._stage
        if self._metrics is not None:
            row["step"] += self._metrics.last_step(task, row.get("round", 1))
            logged = {"stage": task, **row, **({"saved": True} if saved else {})}
            if task in self._goes_on or not self._metrics.resume(logged):
                self._metrics.add(logged)
        self._goes_on.add(task)
        # Not in metrics.jsonl: a resumed run does not score known molecules again, and its log has to be the same.
        components = {} if self._components is None else self._components()
        shown = {**row, **{f"component_{name}": value for name, value in components.items()}}
        if self._board is not None:
            self._board(shown)
        self._tracking.log(task, shown)
        if saved:
            self._on_saved()
        self._show(task, metrics)

    def start(self, task: str, total: int | None) -> None:
        """Show the bar of a task before its first report."""
        self._finish()
        self._progress.start(task, total)
        self._task = task

    def advance(self, task: str, done: int, total: int) -> None:
        """`done` more of `total` molecules are ready in a task of the loop that has no figures to report."""
        if task != self._task:
            self.start(task, total)
        self._progress.advance(task, done)

    def restart(self) -> None:
        """Prepare for a loop that starts again from its last checkpoint, or end."""
        if self._board is not None:
            self._board.close()
        self._finish()
        self._goes_on.clear()

    def _finish(self) -> None:
        if self._task is not None:
            self._progress.finish(self._task)
        self._task, self._step = None, 0

    def _show(self, task: str, metrics: Mapping[str, Any]) -> None:
        step, steps = metrics["step"], metrics.get("steps")
        if task != self._task or step <= self._step:
            if self._molecules_a_step is None:
                self.start(task, steps)
            else:
                self.start(task, (steps - step) * self._molecules_a_step)
                self._step = step
        figures = {name: metrics[name] for name in self._names(metrics) if name in metrics}
        self._progress.advance(task, (step - self._step) * (self._molecules_a_step or 1), **figures)
        self._step = step
        if self._components is not None and (facts := _facts(metrics, self._components())):
            self._progress.note(task, facts)

    def _names(self, metrics: Mapping[str, Any]) -> Sequence[str]:
        if self._shown is not None:
            return self._shown
        numbers = (name for name, value in metrics.items() if isinstance(value, int | float))
        return [name for name in numbers if name not in ("step", "steps")][:_MOST_SHOWN]


def _facts(metrics: Mapping[str, Any], components: Mapping[str, float]) -> dict[str, str]:
    """Notes for a chemist who watches the training: best molecule, components, scaffolds, molecules scored."""
    facts: dict[str, str] = {}
    if metrics.get("best_smiles"):
        facts["best so far"] = f"{metrics['best']:.3f}  {metrics['best_smiles']}"
    if components:
        facts["mean by component"] = ", ".join(f"{name} {value:.2f}" for name, value in components.items())
    if "scaffolds" in metrics:
        facts["scaffolds"] = f"{metrics['scaffolds']:,}"
    if "clusters" in metrics:
        facts["clusters of similar molecules"] = f"{metrics['clusters']:,}"
    if "best_100_scaffolds" in metrics:
        facts["scaffolds of the 100 best"] = f"{metrics['best_100_scaffolds']:,}"
    if "oracle_calls" in metrics:
        facts["molecules scored"] = f"{metrics['oracle_calls']:,}"
    return facts
