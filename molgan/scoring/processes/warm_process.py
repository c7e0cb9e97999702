"""Warm processes that a scorer runs in, so that one which hangs or dies takes nothing with it."""

import contextlib
import json
import math
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any

from molgan.scoring.base import Score
from molgan.scoring.recipe import Recipe

_SECONDS_TO_START = 300.0
_STDERR_KEPT = 1 << 20


class Late(Exception):
    """The process took longer than it may, and was ended with all that it had started."""


class Died(Exception):
    """The process ended by itself; the message says how."""


class NotStarted(Exception):
    """The process cannot start; the message says why."""


class WarmProcess:
    """One process of `molgan.scoring.worker`, with scorers by column. It starts when first asked, and after an end
    again."""

    def __init__(self, scorers: Mapping[str, Recipe]) -> None:
        self._scorers = scorers
        self._process: subprocess.Popen[str] | None = None

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    def score(
        self, smiles: Sequence[str], columns: Sequence[str], timeout: float | None = None
    ) -> dict[str, list[Score]]:
        """Scores by column, in the order of `smiles`. Raises NotStarted, Late or Died; starting does not count towards
        `timeout` seconds."""
        if self._process is None:
            self._start()
        try:
            self._send([list(smiles), list(columns), timeout])
            answer = self._receive(timeout)
        except KeyboardInterrupt:  # or the answer would be taken for that to the next question
            self.close()
            raise
        if os.fstat(self._stderr.fileno()).st_size > _STDERR_KEPT:
            self._stderr.truncate(0)
        return {column: [_score(*row) for row in rows] for column, rows in answer.items()}

    def close(self) -> None:
        """End the process and what it has started."""
        process, self._process = self._process, None
        if process is not None:
            end_group(process)
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    with contextlib.suppress(OSError):
                        pipe.close()
            self._stderr.close()

    def _start(self) -> None:
        # Appended to, so that it can be cut while the process holds it.
        self._stderr = tempfile.TemporaryFile("ab+")  # noqa: SIM115
        self._answers: SimpleQueue[str | None] = SimpleQueue()
        paths = os.pathsep.join(dict.fromkeys(path for path in sys.path if path))
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "molgan.scoring.processes.scoring_worker"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._stderr,
                text=True,
                env={**os.environ, "PYTHONPATH": paths},
                start_new_session=True,
            )
        except OSError as error:
            self._stderr.close()
            raise NotStarted(error.strerror) from None
        Thread(target=_collect, args=(self._process, self._answers), daemon=True).start()
        try:
            self._send(self._scorers)
            reason = self._receive(_SECONDS_TO_START)
        except (Late, Died) as error:
            reason = str(error) or f"no answer in {_SECONDS_TO_START:g} s"
        if reason is not None:
            self.close()
            raise NotStarted(reason)

    def _send(self, message: Any) -> None:
        process = self._process
        try:
            if process is not None and process.stdin is not None:
                process.stdin.write(json.dumps(message) + "\n")
                process.stdin.flush()
        except (OSError, ValueError):  # its other end is closed, or this one
            raise self._ended() from None

    def _receive(self, timeout: float | None) -> Any:
        try:
            line = self._answers.get(timeout=timeout)
        except Empty:
            self.close()
            raise Late(f"took longer than {timeout:g} s") from None
        if line is None:
            raise self._ended()
        return json.loads(line)

    def _ended(self) -> Died:
        """How the process ended, with the last that it wrote to stderr."""
        process = self._process
        if process is None:
            return Died("its process was closed")
        try:
            code: int | None = process.wait(5)
        except subprocess.TimeoutExpired:
            code = None
        self._stderr.seek(max(0, self._stderr.seek(0, os.SEEK_END) - 2000))
        said = self._stderr.read().decode(errors="replace").strip().splitlines()
        self.close()
        how = f"exit code {code}" if code is None or code >= 0 else signal.Signals(-code).name
        return Died(f"its process died ({how})" + (f": {said[-1]:.100}" if said else ""))


def _score(value: float | None, error: str | None, note: str | None) -> Score:
    return Score(math.nan if value is None else value, error, note)


def end_group(process: "subprocess.Popen[Any]") -> None:
    """Kill a process that leads a session of its own, and its children; wait for it."""
    if os.name == "posix":
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    process.kill()
    process.wait()


def _collect(process: "subprocess.Popen[str]", answers: "SimpleQueue[str | None]") -> None:
    assert process.stdout is not None
    with contextlib.suppress(ValueError, OSError):
        for line in process.stdout:
            answers.put(line)
    answers.put(None)
