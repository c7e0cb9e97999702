"""Long streams of molecules, chunk by chunk: worked on in several processes, kept on disk as they get done."""

import hashlib
import multiprocessing
import os
import shutil
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from itertools import chain, islice
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self

from molgan.base.errors import RunError
from molgan.base.parallel import end_with_parent

Work = Callable[[Any], bytes]
"""What is done with a chunk. It is sent to each process once, and so keeps there what it has loaded."""


class Crew(Protocol):
    """Who works on the chunks."""

    def map(self, chunks: Iterable[Any]) -> Iterator[bytes]:
        """The result of each chunk, in order; a few more chunks are read than results given."""


class Processes:
    """Processes of this machine, for use in a `with` block; a single one is this one."""

    def __init__(self, work: Work, processes: int) -> None:
        self._work = work
        self._most = 2 * processes
        self._executor: ProcessPoolExecutor | None = None
        if processes > 1:
            context = multiprocessing.get_context("spawn")
            self._executor = ProcessPoolExecutor(processes, context, initializer=_begin, initargs=(work,))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._executor is not None:
            self._executor.shutdown(cancel_futures=True)

    def map(self, chunks: Iterable[Any]) -> Iterator[bytes]:
        """As `Crew`. Raises RunError when a process dies."""
        chunks = iter(chunks)
        first = list(islice(chunks, 2))
        if self._executor is None or len(first) < 2:
            yield from map(self._work, chain(first, chunks))
            return
        under_way: deque[Future[bytes]] = deque()
        try:
            for chunk in chain(first, chunks):
                under_way.append(self._executor.submit(_perform, chunk))
                if len(under_way) >= self._most:
                    yield under_way.popleft().result()
            while under_way:
                yield under_way.popleft().result()
        except BrokenProcessPool as error:
            raise RunError(
                "a worker process died: out of memory, or a script that lacks `if __name__ == '__main__':`; "
                "the same again goes on where this stopped, with processes=1 in one process"
            ) from error


class Parts:
    """Results of chunks in a folder. A name tells the number of its chunk, what the chunk holds and what was done with
    it, so that nothing is taken for something else."""

    def __init__(self, folder: Path, key: str) -> None:
        """`key` stands for all that decides a result beside the chunk. Raises RunError when `folder` is unwritable."""
        self.folder = folder
        self._key = key
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise RunError(f"{folder}: cannot be written ({error.strerror or error})") from None

    def finished(self, chunks: Iterable[Sequence[Any]], crew: Crew) -> Iterator[tuple[Path, int]]:
        """The file of each chunk's result and the chunk's length, in order; worked on are those that are not there."""
        order: deque[tuple[Path, int, bool]] = deque()

        def missing() -> Iterator[Sequence[Any]]:
            for number, chunk in enumerate(chunks):
                path = self._path(number, chunk)
                there = path.exists()
                order.append((path, len(chunk), there))
                if not there:
                    yield chunk

        for result in crew.map(missing()):
            while order[0][2]:
                yield order.popleft()[:2]
            path, count, _ = order.popleft()
            self._store(path, result)
            yield path, count
        while order:
            yield order.popleft()[:2]

    def remove(self) -> None:
        """Delete them all."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _path(self, number: int, chunk: Sequence[Any]) -> Path:
        digest = hashlib.sha256(repr((self._key, list(chunk))).encode(errors="surrogatepass")).hexdigest()
        return self.folder / f"{number:06d}-{digest[:24]}.part"

    def _store(self, path: Path, result: bytes) -> None:
        beside = path.with_suffix(".new")
        try:
            with beside.open("wb") as file:
                file.write(result)
                file.flush()
                os.fsync(file.fileno())
            beside.replace(path)
        except OSError as error:
            raise RunError(f"{self.folder}: cannot be written ({error.strerror or error})") from None


_work: Work | None = None


def _begin(work: Work) -> None:
    global _work
    end_with_parent()
    _work = work


def _perform(chunk: Any) -> bytes:
    assert _work is not None
    return _work(chunk)
