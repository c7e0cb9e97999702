"""Tells what becomes of the trials of a sweep, while Ray Tune is at work."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ray.tune import Callback

from molgan.distributed.trial_task import TrialEnd, TrialTask


class TrialEvents(Callback):
    """Calls `on_end` for each trial that has ended, and `on_turn` several times a second; what that raises ends the
    sweep."""

    def __init__(
        self, tasks: Sequence[TrialTask], on_end: Callable[[TrialTask, TrialEnd], None], on_turn: Callable[[], None]
    ) -> None:
        self._tasks = tasks
        self._on_end = on_end
        self._on_turn = on_turn

    def __getstate__(self) -> dict[str, Any]:
        return {}  # Ray Tune writes its callbacks to a file, for a kind of resuming that is not used here

    def on_step_begin(self, iteration: int, trials: list[Any], **info: Any) -> None:
        self._on_turn()

    def on_trial_complete(self, iteration: int, trials: list[Any], trial: Any, **info: Any) -> None:
        result = trial.last_result or {}
        reason = result.get("reason")
        state = "stopped" if reason is None else "failed" if reason else "done"
        self._tell(trial, TrialEnd(state, float(result.get("time_total_s", 0.0)), reason or ""))

    def on_trial_error(self, iteration: int, trials: list[Any], trial: Any, **info: Any) -> None:
        lines = str(trial.get_error() or "").strip().splitlines()
        reason = f"its actor was lost too often: {lines[-1].strip()[:300] if lines else 'the log of Ray may tell why'}"
        self._tell(trial, TrialEnd("failed", float((trial.last_result or {}).get("time_total_s", 0.0)), reason))

    def _tell(self, trial: Any, end: TrialEnd) -> None:
        self._on_end(self._tasks[trial.config["trial"]], end)
