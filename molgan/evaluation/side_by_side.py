"""Map a function over molecules with several processes."""

import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import TypeVar

from molgan.base.errors import RunError
from molgan.base.parallel import end_with_parent
from molgan.base.progress import Progress, Silent

T = TypeVar("T")
R = TypeVar("R")

_CHUNK = 500


def map_chunks(
    function: Callable[[list[T]], list[R]],
    items: Sequence[T],
    *,
    n_jobs: int = 1,
    task: str = "molecules",
    progress: Progress | None = None,
) -> list[R]:
    """`function` over chunks of the items; the results in the order of the items.

    `function` takes a list and returns a list of its length. With `n_jobs` > 1 it runs in spawned processes, so it must
    be importable and its values picklable, and a script must call from under `if __name__ == "__main__":`. Raises
    RunError when a process dies.
    """
    progress = progress or Silent()
    chunks = [list(items[start : start + _CHUNK]) for start in range(0, len(items), _CHUNK)]
    results: list[R] = []
    progress.start(task, len(items))
    for chunk in _run(function, chunks, min(n_jobs, len(chunks))):
        results.extend(chunk)
        progress.advance(task, len(chunk))
    progress.finish(task)
    return results


def _run(function: Callable[[list[T]], list[R]], chunks: list[list[T]], n_jobs: int) -> Iterator[list[R]]:
    if n_jobs <= 1:
        yield from map(function, chunks)
        return
    # An executor, not a multiprocessing.Pool: a pool whose processes die waits for ever.
    with ProcessPoolExecutor(n_jobs, multiprocessing.get_context("spawn"), initializer=end_with_parent) as executor:
        try:
            yield from executor.map(function, chunks)
        except BrokenProcessPool as error:
            raise RunError(
                "a worker process died: out of memory, or a script that lacks `if __name__ == '__main__':`; "
                "n_jobs=1 works without processes"
            ) from error
