"""Notices training workers that have stopped, or wait for each other for ever, and ends them."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from molgan.base.progress import Progress

_SILENT_SHARE = 10
_WARN_SHARE = 3
_SECONDS_TO_END = 60.0


@dataclass(frozen=True, slots=True)
class Beat:
    """A sign of life of a worker: its node, its process, and how many steps of the training it has begun. A step is an
    operation that all workers take part in, a report or a question to the driver."""

    node: str
    pid: int
    steps: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is wrong, in words, and which workers have to be ended for it, none for a warning."""

    text: str
    end: tuple[int, ...] = ()


class Watch:
    """Judges the signs of life of training workers. A worker without one for a tenth of `stall` seconds is ended, and
    all of several after `stall` seconds without a step; a warning comes after a third of either time. None never ends
    anything."""

    def __init__(self, stall: float | None, clock: Callable[[], float] = time.monotonic) -> None:
        self._stall = stall
        self._clock = clock
        self._steps: dict[int, tuple[int, int]] = {}
        self._progressed = clock()
        self._warned: set[str] = set()

    def reset(self) -> None:
        """Begin anew: the workers have started again, or an answer that they waited for is there."""
        self._progressed = self._clock()
        self._steps.clear()
        self._warned.clear()

    def judge(self, beats: Mapping[int, tuple[Beat, float]]) -> Verdict | None:
        """What to do about the last sign of each worker, by rank, with its age in seconds; None while all is well."""
        if self._stall is None or not beats:
            self.reset()
            return None
        steps = {rank: (beat.pid, beat.steps) for rank, (beat, _) in beats.items()}
        if steps != self._steps:
            self._progressed, self._steps = self._clock(), steps
            self._warned.discard("stuck")
        limit = self._stall / _SILENT_SHARE
        silent = {rank: age for rank, (_, age) in beats.items() if age > limit / _WARN_SHARE}
        if not silent:
            self._warned.discard("silent")
        elif over := tuple(rank for rank, age in silent.items() if age > limit):
            return Verdict(f"{_name(over)} without a sign of life for {limit:g} s: ended", over)
        else:
            seconds = min(silent.values())
            return self._warn(
                "silent", f"{_name(tuple(silent))} without a sign of life for {seconds:.0f} s; ended after {limit:g} s"
            )
        if len(beats) == 1:  # waits for nobody, and may take long from one report to the next
            return None
        waited = self._clock() - self._progressed
        if waited > self._stall:
            return Verdict(f"no step of the training for {self._stall:g} s: its workers are ended", tuple(beats))
        if waited > self._stall / _WARN_SHARE:
            text = f"no step of the training for {waited:.0f} s; its workers are ended after {self._stall:g} s"
            return self._warn("stuck", f"{text} (compute.stall)")
        return None

    def _warn(self, kind: str, text: str) -> Verdict | None:
        if kind in self._warned:
            return None
        self._warned.add(kind)
        return Verdict(text)


def enforce(verdict: Verdict, beats: Mapping[int, tuple[Beat, float]], progress: Progress) -> None:
    """Tell, and end the processes of the workers, each from its own node: Ray's own signal would wait for ever for a
    process that is stopped. Ray Train then starts all workers again."""
    ended = [_end_worker(beats[rank][0]) for rank in verdict.end]
    if any(ended) or not verdict.end:
        progress.message(f"training: {verdict.text}")


def _end_worker(beat: Beat) -> bool:
    import ray
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    there = NodeAffinitySchedulingStrategy(beat.node, soft=False)
    task: Any = ray.remote(num_cpus=0, max_retries=0)(end_process)
    try:
        return bool(ray.get(task.options(scheduling_strategy=there).remote(beat.pid), timeout=_SECONDS_TO_END))
    except ray.exceptions.RayError:  # a node that is gone has taken its workers with it
        return False


def end_process(pid: int, title: str = "RayTrainWorker") -> bool:
    """Kill a process if it has `title`, since another one may have its number by now; returns whether it had."""
    try:
        if title not in Path(f"/proc/{pid}/cmdline").read_text():
            return False
    except OSError:
        return False
    os.kill(pid, signal.SIGKILL)
    return True


def _name(ranks: tuple[int, ...]) -> str:
    return f"worker{'s' * (len(ranks) > 1)} {', '.join(map(str, sorted(ranks)))}"
