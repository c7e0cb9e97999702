"""Long streams of molecules, chunk by chunk: worked on in several processes, kept on disk as they get done."""

import hashlib
import shutil
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol

from molgan.base.errors import RunError
from molgan.base.files import write_files
from molgan.base.parallel import Processes, split_chunks
from molgan.chem.guarded import read_limit

_FEW = 64
_MEND = "the same again goes on where this stopped, with processes=1 in one process"

Work = Callable[[Any], bytes]
"""What is done with a chunk."""


class Crew(Protocol):
    """Who works on the chunks."""

    def map(self, chunks: Iterable[Any]) -> Iterator[bytes]:
        """The result of each chunk, in order; a few more chunks are read than results given."""


class RowWork(Protocol):
    """What is done with a chunk of rows, and what is said of rows that take too long."""

    def __call__(self, rows: Any) -> bytes: ...

    def lost(self, rows: Any, reason: str) -> bytes:
        """The result of rows that nothing is known of."""

    def join(self, results: Sequence[bytes]) -> bytes:
        """The result of a chunk from those of its parts."""


def local_crew(work: Work, processes: int) -> Processes[Any, bytes]:
    """A crew of processes of this machine, for use in a `with` block."""
    return Processes(work, processes, mend=_MEND)


def guarded_crew(work: RowWork, processes: int) -> Processes[Any, bytes]:
    """As `local_crew`; a chunk that takes too long, which suspicious molecules do not make it, is taken apart until the
    row is alone that does. Seconds of processor time: a row may take twelve times the limit of a molecule, for there
    is much to load, a chunk a fiftieth more for each."""
    seconds = read_limit()

    def limit(rows: Sequence[Any]) -> float:
        return seconds * (12 + len(rows) / 50)

    def rescue(rows: Sequence[Any], work_on: Callable[[Any], bytes]) -> bytes:
        if len(rows) == 1:
            return work.lost(rows, f"took longer than {limit(rows):g} s")
        parts = split_chunks(rows, 1 if len(rows) <= _FEW else _FEW // 2)
        return work.join([work_on(part) for part in parts])

    return Processes(work, processes, mend=_MEND, limit=limit, rescue=rescue)


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
            write_files(self.folder, {path.name: [result]})
            yield path, count
        while order:
            yield order.popleft()[:2]

    def remove(self) -> None:
        """Delete them all."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _path(self, number: int, chunk: Sequence[Any]) -> Path:
        digest = hashlib.sha256(repr((self._key, list(chunk))).encode(errors="surrogatepass")).hexdigest()
        return self.folder / f"{number:06d}-{digest[:24]}.part"
