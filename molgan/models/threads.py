"""Parallel work of networks in threads, each with its share of torch's threads."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

import torch

# Seconds. By default a thread holds the interpreter for 5 ms; a network needs it every 0.1 ms.
_HAND_OVER = 5e-4

Work = TypeVar("Work")
Result = TypeVar("Result")


def map_in_threads(
    do: Callable[[Work], Result], jobs: Iterable[Work], device: torch.device | str = "cpu"
) -> Iterator[Result]:
    """The result of each job, in order; as many jobs run at a time as torch has threads.

    The steps of a small network are too short to be split: on two cores, two threads that share each step are 1.2 times
    as fast as one, two threads that draw a batch each 1.8 times. On other devices, or with one thread or one job, jobs
    run one after the other.
    """
    jobs = list(jobs)
    threads = torch.get_num_threads()
    if threads == 1 or len(jobs) < 2 or torch.device(device).type != "cpu":
        yield from map(do, jobs)
        return
    workers = min(threads, len(jobs))
    pool = ThreadPoolExecutor(workers, initializer=torch.set_num_threads, initargs=(threads // workers,))
    under_way: deque[Future[Result]] = deque()
    try:
        for job in jobs:
            if len(under_way) > workers:
                yield under_way.popleft().result()
            under_way.append(pool.submit(do, job))
        while under_way:
            yield under_way.popleft().result()
    finally:
        try:
            pool.shutdown(cancel_futures=True)
        finally:
            # The number applies to all threads that the process starts later.
            torch.set_num_threads(threads)


@contextmanager
def run_in_background(work: Callable[[], Result], device: torch.device | str = "cpu") -> Iterator[Callable[[], Result]]:
    """Run work of a network in a thread while the `with` block runs; the value of the block returns the result, or
    raises the exception of the work.

    With one thread, or on another device, the work runs before the block.
    """
    threads = torch.get_num_threads()
    if threads == 1 or torch.device(device).type != "cpu":
        done = work()
        yield lambda: done
        return
    interval = sys.getswitchinterval()
    with ThreadPoolExecutor(1, initializer=torch.set_num_threads, initargs=(threads - 1,)) as pool:
        result = pool.submit(work)
        try:
            sys.setswitchinterval(_HAND_OVER)
            yield result.result
        finally:
            pool.shutdown(wait=True)
            sys.setswitchinterval(interval)
            torch.set_num_threads(threads)
