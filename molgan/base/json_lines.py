"""Tells progress to machines: one JSON object a line."""

import json
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from molgan.base.whereabouts import get_whereabouts

_SECONDS_BETWEEN_LINES = 5.0


class JsonLines:
    """Each line has `time` (ISO 8601, UTC), `event` (start, progress, finish, message or error), `node` and `process`,
    and within a run its `job` and `stage`.

    The first three have `task` and `done`, and `total` where it is known; `progress`, at most every five seconds, has
    the latest figures of the task, and its `notes` where there are any.
    """

    def __init__(self, write: Callable[[str], None]) -> None:
        """`write` gets each line, with its end."""
        self._write = write
        self._done: dict[str, int] = {}
        self._total: dict[str, int | None] = {}
        self._written: dict[str, float] = {}
        self._notes: dict[str, dict[str, str]] = {}

    def start(self, task: str, total: int | None = None) -> None:
        self._done[task], self._total[task], self._written[task] = 0, total, time.monotonic()
        self._write_event("start", task)

    def advance(self, task: str, done: int = 1, **figures: float) -> None:
        self._done[task] += done
        if time.monotonic() - self._written[task] >= _SECONDS_BETWEEN_LINES:
            self._written[task] = time.monotonic()
            notes = self._notes.get(task)
            self._write_event("progress", task, **figures, **({"notes": notes} if notes else {}))

    def note(self, task: str, facts: Mapping[str, str]) -> None:
        self._notes[task] = dict(facts)

    def finish(self, task: str) -> None:
        self._write_event("finish", task)

    def message(self, text: str) -> None:
        self._write_line(event="message", text=text)

    def error(self, reason: str) -> None:
        self._write_line(event="error", text=reason)

    def _write_event(self, event: str, task: str, **figures: object) -> None:
        total = self._total[task]
        counts = {"done": self._done[task]} | ({} if total is None else {"total": total})
        self._write_line(event=event, task=task, **counts, **figures)

    def _write_line(self, **content: object) -> None:
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        self._write(json.dumps({"time": now, **content, **get_whereabouts()}, default=float) + "\n")
