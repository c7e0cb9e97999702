"""Where the reports of a training loop go."""

from collections.abc import Mapping
from typing import Any

from molgan.campaign.work import Work

METRICS_OF = {"adversarial": ("critic", "adversarial"), "reinforce": ("reinforce",), "optimize": ("optimize",)}
"""What the rows of a stage are called; the critic's training goes beside the stage that it belongs to."""

_SHOWN = ("loss", "score", "best", "best_10", "unique", "accuracy", "auc")


class Reporter:
    """Takes what a loop reports to metrics.jsonl and to the progress shown, for as long as the `with` lasts."""

    def __init__(self, work: Work, stage: str, resumes: bool) -> None:
        self._work = work
        self._stage = stage
        self._task: str | None = None
        self._step = 0
        if not resumes:
            work.metrics.forget(METRICS_OF[stage])

    def __enter__(self) -> "Reporter":
        return self

    def __exit__(self, *failure: object) -> None:
        if self._task is not None:
            self._work.progress.finish(self._task)

    def __call__(self, metrics: Mapping[str, Any], saved: Mapping[str, Any] | None) -> None:
        """`metrics` has `step`, counted anew in each `round`, and may have `steps`, and `phase` critic or generator."""
        row = {name: value for name, value in metrics.items() if name not in ("phase", "steps")}
        task = "critic" if metrics.get("phase") == "critic" else self._stage
        row["step"] += self._work.metrics.last_step(task, row.get("round", 1))
        if self._task is None:
            self._work.metrics.resume(task, row["step"])
        self._work.metrics.add({"stage": task, **row, **({"saved": True} if saved else {})})
        if saved:
            self._work.keep()
        self._show(task, metrics)

    def again(self) -> None:
        """The loop starts again from its last checkpoint."""
        if self._task is not None:
            self._work.progress.finish(self._task)
        self._task, self._step = None, 0

    def _show(self, task: str, metrics: Mapping[str, Any]) -> None:
        progress, step = self._work.progress, metrics["step"]
        if task != self._task or step <= self._step:
            if self._task is not None:
                progress.finish(self._task)
            progress.start(task, metrics.get("steps"))
            self._task, self._step = task, 0
        progress.advance(task, step - self._step, **{name: metrics[name] for name in _SHOWN if name in metrics})
        self._step = step
