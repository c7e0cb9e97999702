"""The log of a run, log.jsonl in its folder: what it told and when, one JSON object a line."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from molgan.base.errors import MolganError
from molgan.base.files import open_to_append
from molgan.base.json_lines import JsonLines
from molgan.base.progress import Progress
from molgan.base.run_files import RunFiles
from molgan.base.stopping import Stopped
from molgan.base.whereabouts import at_work

FILE = "log.jsonl"


class _Twice:
    """A `Progress` that tells two others."""

    def __init__(self, first: Progress, second: Progress) -> None:
        self._both = first, second

    def start(self, task: str, total: int | None = None) -> None:
        for each in self._both:
            each.start(task, total)

    def advance(self, task: str, done: int = 1, **figures: float) -> None:
        for each in self._both:
            each.advance(task, done, **figures)

    def note(self, task: str, facts: Mapping[str, str]) -> None:
        for each in self._both:
            each.note(task, facts)

    def finish(self, task: str) -> None:
        for each in self._both:
            each.finish(task)

    def message(self, text: str) -> None:
        for each in self._both:
            each.message(text)


@contextmanager
def log_run(folder: Path, job: str, progress: Progress) -> Iterator[Progress]:
    """A `Progress` that also writes to the log of a run, for as long as the `with` lasts: its begin and end, too.

    Raises RunError where the log is a link, and OSError where it cannot be written.
    """
    log = JsonLines(partial(_append, folder / FILE))
    with at_work(job=job):
        log.message("the run begins")
        try:
            yield _Twice(progress, log)
        except MolganError as error:
            log.error(" ".join(str(error).split()))
            raise
        except Stopped:
            log.message("stopped; the same command goes on from the last checkpoint")
            raise
        except KeyboardInterrupt:
            log.message("interrupted; the same command goes on from the last checkpoint")
            raise
        log.message("the run is done")


def read_log(run: str, skip: int = 0) -> list[dict[str, Any]]:
    """The lines of a run's log behind the first `skip`, of a folder or a URL; none without a log. A half line at its
    end is left for the next call. Raises ConfigError and RunError as `RunFiles` does."""
    text = RunFiles(run).text(FILE, errors="replace") or ""
    rows = []
    for line in text[: text.rfind("\n") + 1].splitlines()[skip:]:
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            row = None
        rows.append(row if isinstance(row, dict) else {"event": "message", "text": f"damaged line: {line:.200}"})
    return rows


def _append(path: Path, line: str) -> None:
    with open_to_append(path) as file:
        file.write(line.encode())
