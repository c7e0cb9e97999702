"""Docking in processes that keep the receptor's maps: one that hangs is killed, one that dies is replaced."""

import atexit
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from itertools import repeat
from queue import SimpleQueue
from threading import Timer
from typing import Any

from molgan.base.errors import RunError
from molgan.scoring.scorers.docking.box import Point

_COMMAND = (sys.executable, "-m", "molgan.scoring.scorers.docking.docking_worker")
_SECONDS_TO_START = 600.0


@dataclass(frozen=True, slots=True)
class Task:
    """What is docked into, and how: all that decides a score beside the ligand."""

    receptor: str
    center: Point
    size: Point
    function: str
    exhaustiveness: int
    seed: int


@dataclass(frozen=True, slots=True)
class Pose:
    """`score` in kcal/mol, low is good; `block` is the pose as a mol block with hydrogens."""

    score: float
    block: str


class Failure(str):
    """Why there is no pose."""


class Workers:
    """`count` processes of one core each. They start when the first ligand comes and stay until `close`."""

    def __init__(self, task: Task, count: int, *, timeout: float, command: Sequence[str] = _COMMAND) -> None:
        """`timeout`: seconds a ligand."""
        self._workers = [_Worker(task, timeout, command) for _ in range(count)]
        self._idle: SimpleQueue[_Worker] = SimpleQueue()
        for worker in self._workers:
            self._idle.put(worker)

    def dock(
        self, smiles: Sequence[str], *, on_pose: Callable[[str, Pose], None] | None = None
    ) -> list[Pose | Failure]:
        """One a ligand, in order; `on_pose` is told of each pose when it is there, from any thread. Raises RunError
        when a process cannot start."""
        threads = ThreadPoolExecutor(len(self._workers))
        try:
            return list(threads.map(self._dock, smiles, repeat(on_pose)))
        except BaseException:
            # An interrupt, perhaps: not even the ligands at hand are waited for.
            threads.shutdown(wait=False, cancel_futures=True)
            self.close()
            raise
        finally:
            threads.shutdown()

    def close(self) -> None:
        """End the processes; new ones start when they are needed."""
        for worker in self._workers:
            worker.end()

    def _dock(self, smiles: str, on_pose: Callable[[str, Pose], None] | None) -> Pose | Failure:
        worker = self._idle.get()
        try:
            result = worker.dock(smiles)
        finally:
            self._idle.put(worker)
        if on_pose is not None and isinstance(result, Pose):
            on_pose(smiles, result)
        return result


class _Worker:
    def __init__(self, task: Task, timeout: float, command: Sequence[str]) -> None:
        self._task = task
        self._timeout = timeout
        self._command = command
        self._process: subprocess.Popen[str] | None = None

    def dock(self, smiles: str) -> Pose | Failure:
        answer = self._asked(self._running(), {"smiles": smiles}, self._timeout)
        if "error" in answer:
            return Failure(answer["error"])
        return Pose(float(answer["score"]), str(answer["pose"]))

    def end(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()

    def _running(self) -> "subprocess.Popen[str]":
        if self._process is None or self._process.poll() is not None:
            self._process = process = subprocess.Popen(
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
                env={**os.environ, "OMP_NUM_THREADS": "1"},
            )
            answer = self._asked(process, asdict(self._task), _SECONDS_TO_START)
            if "error" in answer:
                self.end()
                raise RunError(f"docking does not start: {answer['error']}")
        return self._process

    def _asked(self, process: "subprocess.Popen[str]", question: dict[str, Any], seconds: float) -> dict[str, Any]:
        """The answer; when none comes, the process is ended and the answer says why."""
        assert process.stdin is not None and process.stdout is not None
        began, line = time.monotonic(), ""
        alarm = Timer(seconds, process.kill)
        alarm.start()
        try:
            process.stdin.write(json.dumps(question) + "\n")
            process.stdin.flush()
            line = process.stdout.readline()
            return dict(json.loads(line))
        except (BrokenPipeError, ValueError):
            late = time.monotonic() - began >= seconds
        finally:
            alarm.cancel()
        self.end()
        if late:
            return {"error": f"docking took longer than {seconds:g} s"}
        reason = f"answered {line!r:.60}" if line else f"ended by itself ({_ending(process.wait())})"
        return {"error": f"the docking process {reason}"}


def _ending(code: int) -> str:
    return f"exit code {code}" if code >= 0 else signal.Signals(-code).name


_shared: dict[tuple[Task, int, float], Workers] = {}


def shared_workers(task: Task, count: int, timeout: float) -> Workers:
    """The workers of this process for a task: scorers that dock alike share them."""
    key = (task, count, timeout)
    if key not in _shared:
        _shared[key] = Workers(task, count, timeout=timeout)
    return _shared[key]


@atexit.register
def close_all() -> None:
    """End the shared workers of this process; the next ligand starts new ones."""
    for workers in _shared.values():
        workers.close()
