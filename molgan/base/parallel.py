"""Parallel work on the processors of this machine: one ordered map, by several processes or by this one."""

import ctypes
import multiprocessing
import os
import signal
import sys
import time
import traceback
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import wait as wait_for_futures
from contextlib import suppress
from itertools import chain, islice
from multiprocessing.connection import Connection, wait
from queue import SimpleQueue
from threading import Lock, Thread
from types import FrameType, TracebackType
from typing import Any, Generic, Self, TypeVar

from molgan.base.errors import ConfigError, RunError
from molgan.base.progress import Progress, Silent

T = TypeVar("T")
R = TypeVar("R")

CORES = "MOLGAN_CORES"
"""The environment variable with the most processors that a process may use."""

_SECONDS_TO_NOTICE = 0.2
_SECONDS_TO_END = 3.0
_MEND = "ask for fewer processes, or for one (n_jobs=1), which works without workers"
_PR_SET_PDEATHSIG = 1


def cores() -> int:
    """How many processors this process may use, at least 1, and at most MOLGAN_CORES of the environment. Raises
    ConfigError where that is no number."""
    # macOS cannot bind a process to processors.
    there = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    text = os.environ.get(CORES, "")
    if text and not (text.isdecimal() and int(text)):
        raise ConfigError(f"{CORES}: {text!r:.40} is no number of processors; leave it out for all {there}")
    return min(there, int(text)) if text else there


def split_chunks(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """The items in lists of `size`; the last list may be shorter."""
    items = iter(items)
    while chunk := list(islice(items, size)):
        yield chunk


class Processes(Generic[T, R]):
    """Processes of this machine that apply one function, for use in a `with` block.

    With one process this process does the work. Several are spawned when the first items come, and each gets the
    function once, so that an object keeps what it has loaded. They must be able to import the function, and a script
    must call from under `if __name__ == "__main__":`. They end with the block, also when it is interrupted, and with
    this process.
    """

    def __init__(
        self,
        work: Callable[[T], R],
        processes: int,
        *,
        mend: str = _MEND,
        limit: Callable[[T], float] = lambda item: 0.0,
        rescue: Callable[[T, Callable[[T], R]], R] | None = None,
    ) -> None:
        """`mend` is the advice in the error message when a process dies. `limit` gives the seconds of processor time
        that a process may take for an item, 0 for any; it is ended then, and the result is what `rescue` makes of the
        item, with the function that it gets for parts of it. Neither applies where this process does the work."""
        self._work = work
        self._processes = processes
        self._mend = mend
        self._limit = limit
        self._rescue = rescue
        self._lock = Lock()
        self._closed = False
        self._workers: list[_Worker] = []
        self._idle: SimpleQueue[_Worker] = SimpleQueue()
        # A thread waits for each process, so that a process never waits for the caller. Not a ProcessPoolExecutor: it
        # cannot end its processes, and waits for ever when one is killed in the middle of writing a result.
        self._threads = ThreadPoolExecutor(max(1, processes))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)
        with self._lock:
            self._closed = True  # nothing starts from here on
        try:
            for worker in self._workers:
                worker.process.terminate()
            deadline = time.monotonic() + _SECONDS_TO_END
            for worker in self._workers:
                worker.process.join(max(0.0, deadline - time.monotonic()))
        finally:
            for worker in self._workers:
                worker.process.kill()
            self._threads.shutdown()
            for worker in self._workers:
                worker.process.join()
                worker.pipe.close()

    def map(self, items: Iterable[T]) -> Iterator[R]:
        """The result of each item, in order; at most two items per process are read ahead of the results.

        An exception of the function is raised here. Raises RunError when a process dies.
        """
        items = iter(items)
        first = list(islice(items, 2))
        if self._processes <= 1 or len(first) < 2:
            yield from map(self._work, chain(first, items))
            return
        under_way: deque[Future[R]] = deque()
        for item in chain(first, items):
            if len(self._workers) < self._processes:
                self._start_worker()
            under_way.append(self._threads.submit(self._work_on, item))
            if len(under_way) >= 2 * self._processes:
                yield _wait_for_result(under_way.popleft())
        while under_way:
            yield _wait_for_result(under_way.popleft())

    def _start_worker(self) -> None:
        worker = _Worker(self._work)
        self._workers.append(worker)
        self._idle.put(worker)

    def _work_on(self, item: T) -> R:
        try:
            return self._ask_idle_worker(item)
        except _Late:
            if self._rescue is None:
                raise RunError(f"a worker process took longer than {self._limit(item):g} s; {self._mend}") from None
            return self._rescue(item, self._work_on)

    def _ask_idle_worker(self, item: T) -> R:
        worker = self._idle.get()
        try:
            done, answer = worker.ask(item, self._limit(item))
        except (EOFError, ConnectionError):
            if worker.was_late:
                self._restart(worker)
                raise _Late from None
            raise RunError(
                "a worker process died: out of memory, or a script that lacks `if __name__ == '__main__':`; "
                + self._mend
            ) from None
        finally:
            self._idle.put(worker)
        if not done:
            raise answer
        return answer  # type: ignore[no-any-return]

    def _restart(self, worker: "_Worker") -> None:
        with self._lock:
            if not self._closed:
                worker.pipe.close()
                worker.start()


def map_chunks(
    work: Callable[[list[T]], R],
    items: Sequence[T],
    size: int,
    processes: int = 1,
    *,
    task: str = "molecules",
    progress: Progress | None = None,
) -> list[R]:
    """Apply a function of lists to the items in lists of `size`; see `Processes`.

    Args:
        work: Function from a list of items to one result.
        items: Everything to work on.
        size: Items in a list; the last list may be shorter.
        processes: Number of processes, 1 for this process alone.
        task: Name of the task for `progress`, which counts items.
        progress: Receiver of the progress; None shows nothing.

    Returns:
        One result for each list, in order.

    Raises:
        RunError: A process died.
    """
    progress = progress or Silent()
    chunks = list(split_chunks(items, size))
    results = []
    progress.start(task, len(items))
    with Processes(work, min(processes, len(chunks))) as workers:
        for chunk, result in zip(chunks, workers.map(chunks), strict=True):
            results.append(result)
            progress.advance(task, len(chunk))
    progress.finish(task)
    return results


def end_with_parent() -> None:
    """Make this process, started by `multiprocessing`, end when its parent has ended, however that happened.

    A worker calls this first: after a kill -9 of its parent it would wait for work for ever. On Linux the kernel ends
    the worker as well, since a thread gets no turn while C code holds Python's lock; the kernel takes the end of the
    thread that started the worker for the end of the parent.
    """
    parent = multiprocessing.parent_process()
    if parent is None:
        return
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    # The thread also notices a parent that ended before the call above.
    Thread(target=_wait_for_end, args=(parent.sentinel,), daemon=True).start()


def limit_processor_time(seconds: float) -> None:
    """Have the kernel end this process by SIGPROF after so many more seconds of processor time, 0 for never: it needs
    no turn of Python's. Does nothing on Windows."""
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_PROF, seconds)


def _wait_for_end(sentinel: int) -> None:
    wait([sentinel])
    os._exit(1)


class _Late(Exception):
    """A worker took longer than it may, and was ended."""


class _Worker:
    """A process and this end of the pipe to it. The other end closes when the process ends, however that happens."""

    def __init__(self, work: Callable[[Any], Any]) -> None:
        self._work = work
        self.start()

    def start(self) -> None:
        context = multiprocessing.get_context("spawn")
        self.pipe, other_end = context.Pipe()
        self.process = context.Process(target=_serve, args=(other_end, self._work))
        self.process.start()
        other_end.close()

    def ask(self, item: Any, seconds: float) -> tuple[bool, Any]:
        """Whether the work was done, and its result or else its exception. Raises EOFError or ConnectionError when the
        process is gone."""
        self.pipe.send((item, seconds))
        done, answer = self.pipe.recv()
        return done, answer

    @property
    def was_late(self) -> bool:
        """Whether the process, which is gone, had reached its limit."""
        self.process.join(_SECONDS_TO_END)
        return hasattr(signal, "SIGPROF") and self.process.exitcode == -signal.SIGPROF


def _wait_for_result(future: Future[R]) -> R:
    # Short waits in a row: after a substructure search of RDKit's, SIGINT no longer interrupts a wait (SA_RESTART).
    while not wait_for_futures([future], _SECONDS_TO_NOTICE).done:
        pass
    return future.result()


def _serve(pipe: Connection, work: Callable[[Any], Any]) -> None:
    """Run a worker: apply `work` to what comes through the pipe until it closes."""
    end_with_parent()
    # Ctrl-C reaches all processes of a terminal, but only the parent knows what to do then: it terminates its workers.
    # A handler, not SIG_IGN, which programs started from here would inherit.
    signal.signal(signal.SIGINT, _ignore)
    # SIGTERM raises KeyboardInterrupt, so that the current work ends the processes that it has started.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with suppress(KeyboardInterrupt, EOFError):
        while True:
            item, seconds = pipe.recv()
            try:
                limit_processor_time(seconds)
                result = work(item)
                limit_processor_time(0)
                pipe.send((True, result))
            except Exception as error:
                limit_processor_time(0)
                error.add_note(f"In a worker process:\n{traceback.format_exc()}")
                pipe.send((False, error))


def _ignore(number: int, frame: FrameType | None) -> None:
    pass
