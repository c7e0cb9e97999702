"""Scoring in long-lived processes: a hang, a crash or an exception costs one molecule its value, and nothing else."""

import math
import time
import weakref
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Condition, Lock

from molgan.base.worker_process import Died, Garbled, Late, NotStarted, WorkerProcess
from molgan.scoring.base import Score
from molgan.scoring.recipe import Recipe
from molgan.scoring.scoring_job import ScoringJob

_MODULE = "molgan.scoring.processes.scoring_worker"
_MOST_LOST_IN_A_ROW = 10


class ScoringProcesses:
    """`count` processes with the same scorers, by column; a call of one may take `timeout` seconds.

    Without a timeout they get `size` molecules at a time; with a timeout, as many as take a fraction of it. If a
    process hangs, its molecules are scored again one by one; if it dies, they are scored once more together first,
    since the cause may lie elsewhere. A molecule that alone hangs or kills its process is a failure with that reason.
    After ten such molecules in a row the rest of the call is given up; the next call starts anew.
    """

    def __init__(
        self, scorers: Mapping[str, Recipe], count: int, *, timeout: float | None = None, size: int = 64
    ) -> None:
        self.workers = [WorkerProcess(_MODULE, scorers) for _ in range(count)]
        self._timeout = timeout
        self._largest = size
        self._sizes = [size if timeout is None else 1] * count
        self._calls: list[_Call] = []
        self._lock = Lock()
        self._finalizer = weakref.finalize(self, _close, self.workers)

    def score(self, jobs: Sequence[ScoringJob]) -> dict[str, list[Score]]:
        """The scores of each column, in the order of its job's molecules; each column is in one job."""
        call = _Call(jobs)
        count = min(len(self.workers), sum(len(job.smiles) for job in jobs))
        with self._lock:
            self._calls = [call]
            if count <= 1:
                self._work(call, 0)
            else:
                self._work_together(call, count)
        return call.result()

    @property
    def given_up(self) -> str:
        """The reason why the last call was given up; empty if it was not."""
        return self._calls[0].given_up if self._calls else ""

    def close(self) -> None:
        """End the processes, and with them a running call; the next call starts new ones."""
        for call in self._calls:
            call.given_up = call.given_up or "closed"
        _close(self.workers)

    def _work_together(self, call: "_Call", count: int) -> None:
        with ThreadPoolExecutor(count) as threads:
            try:
                list(threads.map(lambda number: self._work(call, number), range(count)))
            except BaseException:  # an interrupt does not wait for the running molecules
                self.close()
                raise

    def _work(self, call: "_Call", number: int) -> None:
        while (taken := call.take(self._sizes[number])) is not None:
            began = time.monotonic()
            try:
                self._score(call, number, *taken)
            finally:
                call.give_back(taken[0])
            if self._timeout is not None:
                self._fit(number, (time.monotonic() - began) / self._timeout)

    def _fit(self, number: int, share: float) -> None:
        """Give more molecules at a time when a call took less than an eighth of its timeout, fewer above a quarter."""
        if share < 1 / 8:
            self._sizes[number] = min(self._sizes[number] * 2, self._largest)
        elif share > 1 / 4:
            self._sizes[number] = max(self._sizes[number] // 2, 1)

    def _score(self, call: "_Call", number: int, job: ScoringJob, rows: range, *, again: bool = True) -> None:
        if call.given_up:
            return
        try:
            texts, smiles = job.texts[rows.start : rows.stop], job.smiles[rows.start : rows.stop]
            answer = self.workers[number].ask([texts, smiles, job.columns], self._timeout)
        except NotStarted as error:
            call.given_up = f"its process does not start: {error}"
        except (Late, Died, Garbled) as error:
            if not isinstance(error, Late) and again:
                self._score(call, number, job, rows, again=False)
            elif len(rows) > 1:
                for row in rows:
                    self._score(call, number, job, range(row, row + 1))
            else:
                call.lose(job, rows[0], str(error))
        else:
            call.record(job, rows, {column: [_read_score(*row) for row in found] for column, found in answer.items()})


@dataclass(slots=True)
class _Progress:
    """The progress of a job: the row of the first molecule not yet taken, and the number of processes at work on it."""

    job: ScoringJob
    next: int = 0
    running: int = 0

    @property
    def is_free(self) -> bool:
        return self.next < len(self.job.smiles) and (self.job.most is None or self.running < self.job.most)


class _Call:
    """The jobs of one call and their results."""

    def __init__(self, jobs: Sequence[ScoringJob]) -> None:
        self._progress = [_Progress(job) for job in jobs]
        self._scores: dict[str, list[Score | None]] = {
            column: [None] * len(job.smiles) for job in jobs for column in job.columns
        }
        self.given_up = ""
        self._lost_in_a_row = 0
        self._changed = Condition()

    def take(self, most: int) -> tuple[ScoringJob, range] | None:
        """Take up to `most` molecules, by their rows in a job; None when none is left. Waits while all remaining jobs
        have as many processes as they may."""
        with self._changed:
            while not self.given_up and any(progress.next < len(progress.job.smiles) for progress in self._progress):
                for progress in self._progress:
                    if progress.is_free:
                        start = progress.next
                        progress.next = min(start + most, len(progress.job.smiles))
                        progress.running += 1
                        return progress.job, range(start, progress.next)
                self._changed.wait(1.0)
        return None

    def give_back(self, job: ScoringJob) -> None:
        """Note that a process has left a job."""
        with self._changed:
            for progress in self._progress:
                progress.running -= progress.job is job
            self._changed.notify_all()

    def record(self, job: ScoringJob, rows: range, scores: dict[str, list[Score]]) -> None:
        with self._changed:
            self._lost_in_a_row = 0
            for column in job.columns:
                self._scores[column][rows.start : rows.stop] = scores[column]

    def lose(self, job: ScoringJob, row: int, reason: str) -> None:
        with self._changed:
            self._lost_in_a_row += 1
            for column in job.columns:
                self._scores[column][row] = Score(math.nan, reason)
            if self._lost_in_a_row >= _MOST_LOST_IN_A_ROW:
                self.given_up = f"{self._lost_in_a_row} molecules in a row were lost: {reason}"

    def result(self) -> dict[str, list[Score]]:
        rest = Score(math.nan, f"not scored: {self.given_up}")
        return {column: [score or rest for score in scores] for column, scores in self._scores.items()}


def _read_score(value: float | None, error: str | None, note: str | None) -> Score:
    return Score(math.nan if value is None else value, error, note)


def _close(processes: list[WorkerProcess]) -> None:
    for process in processes:
        process.close()
