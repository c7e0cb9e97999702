"""Where the reports of a training loop go: metrics.jsonl, TensorBoard, the terminal."""

from collections.abc import Mapping
from typing import Any

from molgan.campaign.board import Board
from molgan.campaign.watched_objective import Watched
from molgan.campaign.work import Work

METRICS_OF = {"adversarial": ("critic", "adversarial"), "reinforce": ("reinforce",), "optimize": ("optimize",)}
"""What the rows of a stage are called; the critic's training goes beside the stage that it belongs to."""

_SHOWN = ("loss", "score", "best", "best_10", "unique", "accuracy", "auc")


class Reporter:
    """Takes what a loop reports there for as long as the `with` lasts; `watched` is the objective that it learns."""

    def __init__(self, work: Work, stage: str, resumes: bool, watched: Watched | None = None) -> None:
        self._work = work
        self._watched = watched
        self._stage = stage
        self._board = Board(work.folder, stage)
        self._task: str | None = None
        self._step = 0
        if not resumes:
            work.metrics.forget(METRICS_OF[stage])

    def __enter__(self) -> "Reporter":
        return self

    def __exit__(self, *failure: object) -> None:
        self._board.close()
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
        # Not in metrics.jsonl: a run that goes on does not ask again for what it knows, and its log is to be the same.
        components = {} if self._watched is None else self._watched.components
        self._board({**row, **{f"component_{name}": value for name, value in components.items()}})
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
        if facts := self._facts(metrics):
            progress.note(task, facts)

    def _facts(self, metrics: Mapping[str, Any]) -> dict[str, str]:
        """What a chemist looks at while the generator learns."""
        facts: dict[str, str] = {}
        if metrics.get("best_smiles"):
            facts["best so far"] = f"{metrics['best']:.3f}  {metrics['best_smiles']}"
        if self._watched is not None and self._watched.components:
            means = (f"{name} {value:.2f}" for name, value in self._watched.components.items())
            facts["mean by component"] = ", ".join(means)
        if "scaffolds" in metrics:
            facts["scaffolds"] = f"{metrics['scaffolds']:,}"
        if "best_100_scaffolds" in metrics:
            facts["scaffolds of the 100 best"] = f"{metrics['best_100_scaffolds']:,}"
        if "oracle_calls" in metrics:
            facts["molecules scored"] = f"{metrics['oracle_calls']:,}"
        return facts
