"""Scoring in warm processes: what hangs, crashes or raises costs its molecule its value, and nothing else."""

import math
import time
import weakref
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Condition, Lock

from molgan.scoring.base import Score
from molgan.scoring.processes.warm_process import Died, Late, NotStarted, WarmProcess
from molgan.scoring.recipe import Recipe

_MOST_LOST_IN_A_ROW = 10


@dataclass(frozen=True, slots=True)
class Job:
    """Molecules to be scored for some columns, whose scorers share what they work out about a molecule, by `most`
    processes at the same time."""

    columns: Sequence[str]
    smiles: Sequence[str]
    most: int | None = None


class Lanes:
    """`processes` warm processes with the same scorers; a call of one may take `timeout` seconds.

    Without a timeout they get `size` molecules at a time, with one so many that a call takes a fraction of it. Those
    that a process hangs over are given again one by one, and those that it dies over too, after one more try, since the
    cause may lie elsewhere. One that hangs or kills its process alone is a failure with that reason. After ten of them
    in a row the rest of the call is given up, and the next call starts anew.
    """

    def __init__(
        self, scorers: Mapping[str, Recipe], processes: int, *, timeout: float | None = None, size: int = 64
    ) -> None:
        self.processes = [WarmProcess(scorers) for _ in range(processes)]
        self._timeout = timeout
        self._largest = size
        self._sizes = [size if timeout is None else 1] * processes
        self._calls: list[_Call] = []
        self._lock = Lock()
        self._finalizer = weakref.finalize(self, _close, self.processes)

    def run(self, jobs: Sequence[Job]) -> dict[str, list[Score]]:
        """The scores of each column, in the order of its job's molecules; each column is in one job."""
        call = _Call(jobs)
        lanes = min(len(self.processes), sum(len(job.smiles) for job in jobs))
        with self._lock:
            self._calls = [call]
            if lanes <= 1:
                self._work(call, 0)
            else:
                self._work_together(call, lanes)
        return call.result()

    @property
    def given_up(self) -> str:
        """Why the last call was given up, if it was."""
        return self._calls[0].given_up if self._calls else ""

    def close(self) -> None:
        """End the processes, and with them a call under way; the next one would start new ones."""
        for call in self._calls:
            call.given_up = call.given_up or "closed"
        _close(self.processes)

    def _work_together(self, call: "_Call", lanes: int) -> None:
        with ThreadPoolExecutor(lanes) as threads:
            try:
                list(threads.map(lambda lane: self._work(call, lane), range(lanes)))
            except BaseException:  # an interrupt is not made to wait for the molecules under way
                self.close()
                raise

    def _work(self, call: "_Call", lane: int) -> None:
        while (taken := call.take(self._sizes[lane])) is not None:
            began = time.monotonic()
            try:
                self._score(call, lane, *taken)
            finally:
                call.give_back(taken[0])
            if self._timeout is not None:
                self._fit(lane, (time.monotonic() - began) / self._timeout)

    def _fit(self, lane: int, share: float) -> None:
        """Give more at a time when a call took less than an eighth of what it may, fewer when more than a quarter."""
        if share < 1 / 8:
            self._sizes[lane] = min(self._sizes[lane] * 2, self._largest)
        elif share > 1 / 4:
            self._sizes[lane] = max(self._sizes[lane] // 2, 1)

    def _score(self, call: "_Call", lane: int, job: Job, rows: range, *, again: bool = True) -> None:
        if call.given_up:
            return
        try:
            scores = self.processes[lane].score([job.smiles[row] for row in rows], job.columns, self._timeout)
        except NotStarted as error:
            call.given_up = f"its process does not start: {error}"
        except (Late, Died) as error:
            if isinstance(error, Died) and again:
                self._score(call, lane, job, rows, again=False)
            elif len(rows) > 1:
                for row in rows:
                    self._score(call, lane, job, range(row, row + 1))
            else:
                call.lose(job, rows[0], str(error))
        else:
            call.settle(job, rows, scores)


@dataclass(slots=True)
class _Progress:
    """How far a job is: the row of the first molecule that nobody has taken, and how many processes are at it."""

    job: Job
    next: int = 0
    running: int = 0

    @property
    def is_free(self) -> bool:
        return self.next < len(self.job.smiles) and (self.job.most is None or self.running < self.job.most)


class _Call:
    """The jobs of one call, and what has become of them."""

    def __init__(self, jobs: Sequence[Job]) -> None:
        self._progress = [_Progress(job) for job in jobs]
        self._scores: dict[str, list[Score | None]] = {
            column: [None] * len(job.smiles) for job in jobs for column in job.columns
        }
        self.given_up = ""
        self._lost_in_a_row = 0
        self._changed = Condition()

    def take(self, most: int) -> tuple[Job, range] | None:
        """Up to `most` molecules that nobody has taken, by their rows in a job; None when there are none. Waits when
        all jobs that are left have as many processes as they may."""
        with self._changed:
            while not self.given_up and any(one.next < len(one.job.smiles) for one in self._progress):
                for one in self._progress:
                    if one.is_free:
                        start, one.next = one.next, min(one.next + most, len(one.job.smiles))
                        one.running += 1
                        return one.job, range(start, one.next)
                self._changed.wait(1.0)
        return None

    def give_back(self, job: Job) -> None:
        """Say that a process is no longer at a job."""
        with self._changed:
            for one in self._progress:
                one.running -= one.job is job
            self._changed.notify_all()

    def settle(self, job: Job, rows: range, scores: dict[str, list[Score]]) -> None:
        with self._changed:
            self._lost_in_a_row = 0
            for column in job.columns:
                self._scores[column][rows.start : rows.stop] = scores[column]

    def lose(self, job: Job, row: int, reason: str) -> None:
        with self._changed:
            self._lost_in_a_row += 1
            for column in job.columns:
                self._scores[column][row] = Score(math.nan, reason)
            if self._lost_in_a_row >= _MOST_LOST_IN_A_ROW:
                self.given_up = f"{self._lost_in_a_row} molecules in a row were lost: {reason}"

    def result(self) -> dict[str, list[Score]]:
        rest = Score(math.nan, f"not scored: {self.given_up}")
        return {column: [score or rest for score in scores] for column, scores in self._scores.items()}


def _close(processes: list[WarmProcess]) -> None:
    for process in processes:
        process.close()
