"""Ray actors that work on chunks of a stream."""

from __future__ import annotations

import math
import pickle
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Protocol, Self, runtime_checkable

from molgan.base.progress import Progress, Silent
from molgan.distributed.lost_workers import Lost
from molgan.distributed.resources import list_machines, may_grow, require_room
from molgan.distributed.session import import_from, ray_session
from molgan.distributed.settings import ComputeSettings
from molgan.distributed.shared_memo import SharedMemo, hold_memo
from molgan.distributed.workers import Workers
from molgan.scoring.score_store import Store

_CHUNKS_A_WORKER = 10  # so that a chunk that takes ten times as long keeps nobody waiting


class Work(Protocol):
    """Computes the result of a chunk, and the result of a row that crashes every worker."""

    def __call__(self, rows: Sequence[Any]) -> bytes: ...

    def lost(self, rows: Sequence[Any], reason: str) -> bytes: ...


@runtime_checkable
class SharingWork(Work, Protocol):
    """Work that can share what costs it much with the other actors."""

    def share(self, memo: Store) -> None: ...


class RayCrew:
    """Works on a stream like `molgan.base.parallel.Processes`, for use in a `with` block.

    Actors are used rather than Ray Data: they load references and models once, a worker that dies is replaced and its
    chunk tried again, and results come back to this process, which alone writes, so that resuming after a kill needs no
    disk that all machines share. A chunk that kills two workers is split into rows; a row that kills two more is lost.
    Costly scores are in one memo for all actors.
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
            pool, bounds = self._compute.scoring, self._compute.scoring.bounds(self._compute.workers)
            stack.enter_context(ray_session(math.ceil(bounds[1] * pool.cpus), self._compute.address))
            alone = self._compute.model_copy(update={"scorers": {}})  # actors here score all components
            require_room(alone, (), list_machines(), may_grow, self._progress or Silent(), training=False)
            memo = stack.enter_context(hold_memo()) if isinstance(self._work, SharingWork) else None
            arguments = (pickle.dumps(self._work), memo, sys.path)
            self._workers = Workers(_Working, arguments, pool, bounds=bounds, progress=self._progress)
            stack.callback(self._workers.close)
            self._open = stack.pop_all()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._workers = None
        self._open.close()

    def map(self, chunks: Iterable[Sequence[Any]]) -> Iterator[bytes]:
        """The result of each chunk, in order; at most ten chunks for each worker are read ahead of the first that is
        not done. Raises RunError when the workers fail for good."""
        if self._workers is None:
            raise RuntimeError("a RayCrew works inside its `with` block only")
        under_way: deque[_Chunk] = deque()
        results: dict[int, tuple[int, bytes] | Lost] = {}  # by the position of the first row
        for position, result in self._workers.run(self._feed(chunks, under_way)):
            results[position] = result
            while under_way and under_way[0].take(results):
                yield self._finish(under_way.popleft())
        while under_way:
            yield self._finish(under_way.popleft())

    def _feed(self, chunks: Iterable[Sequence[Any]], under_way: deque[_Chunk]) -> Iterator[Sequence[Any] | None]:
        most, start = _CHUNKS_A_WORKER * self._compute.scoring.bounds(self._compute.workers)[1], 0
        for chunk in chunks:
            while len(under_way) >= most:
                yield None
            under_way.append(_Chunk(start, chunk))
            start += len(chunk)
            yield chunk

    def _finish(self, chunk: _Chunk) -> bytes:
        parts = [
            self._work.lost([chunk.rows[first]], f"error: {part.reason}") if isinstance(part, Lost) else part
            for first, part in chunk.parts
        ]
        return parts[0] if len(parts) == 1 else self._join(parts)


@dataclass(slots=True)
class _Chunk:
    """The rows of a chunk, the position of the first, and the results of its parts so far, each with its first row."""

    start: int
    rows: Sequence[Any]
    done: int = 0
    parts: list[tuple[int, bytes | Lost]] = field(default_factory=list)

    def take(self, results: dict[int, tuple[int, bytes] | Lost]) -> bool:
        """Take the results that come next; returns whether all rows have one."""
        while self.done < len(self.rows):
            found = results.pop(self.start + self.done, None)
            if found is None:
                return False
            count, part = (1, found) if isinstance(found, Lost) else found
            self.parts.append((self.done, part))
            self.done += count
        return True


class _Working:
    """The actor."""

    def __init__(self, work: bytes, memo: Any, path: list[str]) -> None:
        import_from(path)  # before unpickling, which imports from there
        self._work: Work = pickle.loads(work)
        if isinstance(self._work, SharingWork) and memo is not None:
            self._work.share(SharedMemo(memo))

    def work(self, rows: Sequence[Any]) -> tuple[int, bytes]:
        """The number of rows, and their result."""
        return len(rows), self._work(rows)
