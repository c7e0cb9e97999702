"""A process that answers questions under a time limit; when it hangs or dies, this process goes on."""

import contextlib
import json
import math
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any

from molgan.base.process_group import ProcessGroup

_SECONDS_TO_NOTICE = 0.2
_STDERR_KEPT = 1 << 20


class Late(Exception):
    """The process exceeded its time limit and was ended, with all processes that it had started."""


class Died(Exception):
    """The process ended by itself or was closed; the message says how, with the last line of its stderr."""

    def __init__(self, how: str, last_line: str = "") -> None:
        super().__init__(f"its process died ({how})" + (f": {last_line:.100}" if last_line else ""))
        self.how = how


class Garbled(Exception):
    """The process gave an answer that is not JSON, and was ended; the message holds the answer."""


class NotStarted(Exception):
    """The process cannot start; the message is the reason."""


class WorkerProcess:
    """A process that runs `module`, whose `main` calls `serve`, with `setup` as its first message. It starts with the
    first question, and again after it has ended. Setup, questions and answers are JSON values."""

    def __init__(
        self,
        module: str,
        setup: Any,
        *,
        seconds_to_start: float = 300.0,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.setup = setup
        self._module = module
        self._seconds_to_start = seconds_to_start
        self._environment = dict(environment or {})
        self._process: ProcessGroup[str] | None = None

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    def ask(self, question: Any, timeout: float | None = None) -> Any:
        """The answer. Raises NotStarted, Late, Died or Garbled; starting does not count towards `timeout` seconds."""
        if self._process is None or self._process.poll() is not None:
            self._start()
        try:
            self._send([question, timeout])
            answer = self._receive(timeout)
        except KeyboardInterrupt:  # else its answer would be taken for that of the next question
            self.close()
            raise
        with contextlib.suppress(ValueError):  # closed by another thread since
            if os.fstat(self._stderr.fileno()).st_size > _STDERR_KEPT:
                self._stderr.truncate(0)
        return answer

    def close(self) -> None:
        """End the process and its children."""
        process, self._process = self._process, None
        if process is not None:
            process.end()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    with contextlib.suppress(OSError):
                        pipe.close()
            self._stderr.close()

    def _start(self) -> None:
        self.close()
        # Appended to, so that it can be cut while the process holds it.
        self._stderr = tempfile.TemporaryFile("ab+")  # noqa: SIM115
        self._answers: SimpleQueue[str | None] = SimpleQueue()
        paths = os.pathsep.join(dict.fromkeys(path for path in sys.path if path))
        try:
            self._process = ProcessGroup(
                [sys.executable, "-P", "-m", self._module],
                stderr=self._stderr,
                text=True,
                environment={**os.environ, **self._environment, "PYTHONPATH": paths},
            )
        except OSError as error:
            self._stderr.close()
            raise NotStarted(error.strerror) from None
        Thread(target=_collect, args=(self._process, self._answers), daemon=True).start()
        try:
            self._send(self.setup)
            reason = self._receive(self._seconds_to_start)
        except Late:
            reason = f"no answer in {self._seconds_to_start:g} s"
        except (Died, Garbled) as error:
            reason = str(error)
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
            raise self._end() from None

    def _receive(self, timeout: float | None) -> Any:
        line = self._wait_for_line(timeout)
        if line is None:
            raise self._end()
        try:
            return json.loads(line)
        except ValueError:
            self.close()
            raise Garbled(f"answered {line!r:.60}") from None

    def _wait_for_line(self, timeout: float | None) -> str | None:
        """What the process writes next, None when it has ended. Raises Late."""
        deadline = math.inf if timeout is None else time.monotonic() + timeout
        # Not in one go: after a substructure search of RDKit's, SIGINT does not interrupt a wait any more (SA_RESTART).
        while (left := deadline - time.monotonic()) > 0:
            with contextlib.suppress(Empty):
                return self._answers.get(timeout=min(left, _SECONDS_TO_NOTICE))
        self.close()
        raise Late(f"took longer than {timeout:g} s")

    def _end(self) -> Died:
        """End the process; how it ended, with the last line of its stderr."""
        process = self._process
        if process is None:
            return Died("closed")
        try:
            code: int | None = process.wait(5)
        except subprocess.TimeoutExpired:
            code = None
        self._stderr.seek(max(0, self._stderr.seek(0, os.SEEK_END) - 2000))
        lines = self._stderr.read().decode(errors="replace").strip().splitlines()
        self.close()
        how = f"exit code {code}" if code is None or code >= 0 else signal.Signals(-code).name
        return Died(how, lines[-1] if lines else "")


def _collect(process: ProcessGroup[str], answers: "SimpleQueue[str | None]") -> None:
    assert process.stdout is not None
    with contextlib.suppress(ValueError, OSError):
        for line in process.stdout:
            answers.put(line)
    answers.put(None)
