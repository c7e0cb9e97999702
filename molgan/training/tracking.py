"""Passes the figures of a run on to trackers, in a thread of their own: no tracker delays or ends a run."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol

_SECONDS_TO_END = 30.0
Figures = Mapping[str, float]


class Tracker(Protocol):
    """Keeps figures, in a folder or on a server. Its methods are called in one thread, one after the other."""

    name: str

    def log(self, stage: str, step: int, figures: Figures) -> None:
        """Keep finite numbers of a step of a stage. May raise anything."""

    def close(self, outcome: str) -> None:
        """End the run: `done`, `failed` or `stopped`, from where it may go on."""


class Tracking:
    """Trackers of a run. One that raises gets nothing more, and `message` says so.

    A step that a run repeats, since it went on from an earlier checkpoint, is passed on again.
    """

    def __init__(self, trackers: Sequence[Tracker] = (), message: Callable[[str], None] = lambda text: None) -> None:
        self._trackers = list(trackers)
        self._message = message
        self._thread = ThreadPoolExecutor(1, "tracking") if trackers else None

    def log(self, stage: str, row: Mapping[str, Any]) -> None:
        """Pass on the numbers of a row of metrics, which has `step`; texts, such as SMILES, and NaN stay here."""
        numbers = ((name, value) for name, value in row.items() if name != "step")
        figures = {name: float(v) for name, v in numbers if isinstance(v, int | float) and math.isfinite(v)}
        if self._thread is not None and figures:
            self._thread.submit(self._tell, lambda tracker: tracker.log(stage, int(row["step"]), figures))

    def close(self, outcome: str) -> None:
        """End the run, and wait some seconds for what has not been passed on."""
        if self._thread is None:
            return
        last = self._thread.submit(self._tell, lambda tracker: tracker.close(outcome))
        try:
            last.result(_SECONDS_TO_END)
        except TimeoutError:
            self._message(f"trackers have not taken all figures within {_SECONDS_TO_END:g} s; the rest is left out")
        self._thread.shutdown(wait=False, cancel_futures=True)
        self._thread = None

    def _tell(self, call: Callable[[Tracker], None]) -> None:
        for tracker in list(self._trackers):
            try:
                call(tracker)
            except Exception as error:
                self._trackers.remove(tracker)
                reason = (str(error).strip() or type(error).__name__).splitlines()[0]
                self._message(f"{tracker.name} gets no more figures: {reason:.200}")


NOTHING = Tracking()
"""Tracking without a tracker."""
