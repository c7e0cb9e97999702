"""Ray actors that work on chunks of a stream."""

from __future__ import annotations

import pickle
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from itertools import islice
from types import TracebackType
from typing import Any, Protocol, Self

from molgan.base.progress import Progress
from molgan.distributed.session import import_from, ray_session
from molgan.distributed.settings import ComputeSettings
from molgan.distributed.workers import Lost, Workers

_CHUNKS_A_WORKER = 4


class Work(Protocol):
    """Computes the result of a chunk, and the result of a row that crashes every worker."""

    def __call__(self, rows: Sequence[Any]) -> bytes: ...

    def lost(self, rows: Sequence[Any], reason: str) -> bytes: ...


class RayCrew:
    """Works on a stream like `molgan.base.parallel.Processes`, for use in a `with` block.

    Actors are used rather than Ray Data: they load references and models once, a worker that dies is replaced and its
    chunk tried again, and results come back to this process, which alone writes, so that resuming after a kill needs no
    disk that all machines share. A chunk that kills two workers is split into rows; a row that kills two more is lost.
    """

    def __init__(
        self,
        work: Work,
        compute: ComputeSettings,
        join: Callable[[Sequence[bytes]], bytes],
        progress: Progress | None = None,
    ) -> None:
        """`join` combines the results of parts of a chunk. There are `compute.workers` actors of a processor each."""
        self._work = work
        self._compute = compute
        self._join = join
        self._progress = progress
        self._open = ExitStack()
        self._workers: Workers | None = None

    def __enter__(self) -> Self:
        """Raises ConfigError or RunError; see `ray_session`."""
        with ExitStack() as stack:
            stack.enter_context(ray_session(self._compute.processors, self._compute.address))
            bounds = self._compute.scoring.bounds(self._compute.workers)
            arguments = (pickle.dumps(self._work), sys.path)
            pool = self._compute.scoring
            self._workers = Workers(_Working, arguments, pool, bounds=bounds, progress=self._progress)
            stack.callback(self._workers.close)
            self._open = stack.pop_all()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._workers = None
        self._open.close()

    def map(self, chunks: Iterable[Sequence[Any]]) -> Iterator[bytes]:
        """The result of each chunk, in order. Raises RunError when the workers fail for good."""
        chunks = iter(chunks)
        most = _CHUNKS_A_WORKER * self._compute.scoring.bounds(self._compute.workers)[1]
        while window := list(islice(chunks, most)):
            results = dict(self._run([[chunk] for chunk in window]))
            for position, chunk in enumerate(window):
                result = results[position]
                yield self._run_rows(chunk) if isinstance(result, Lost) else result

    def _run_rows(self, chunk: Sequence[Any]) -> bytes:
        """The result of a chunk that kills workers, computed row by row."""
        results = dict(self._run([[[row]] for row in chunk]))
        parts = [results[position] for position in range(len(chunk))]
        return self._join(
            [
                self._work.lost([row], f"error: {part.reason}") if isinstance(part, Lost) else part
                for row, part in zip(chunk, parts, strict=True)
            ]
        )

    def _run(self, lists: Sequence[Sequence[Any]]) -> Iterator[tuple[int, Any]]:
        if self._workers is None:
            raise RuntimeError("a RayCrew works inside its `with` block only")
        return self._workers.run(lists)


class _Working:
    """The actor."""

    def __init__(self, work: bytes, path: list[str]) -> None:
        import_from(path)  # before unpickling, which imports from there
        self._work: Work = pickle.loads(work)

    def work(self, chunks: list[Sequence[Any]]) -> bytes:
        (chunk,) = chunks
        return self._work(chunk)
