"""Works through long streams of molecules chunk by chunk, in several processes; finished chunks are kept on disk."""

import hashlib
import shutil
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol

from molgan.base.errors import RunError
from molgan.base.file_lock import Held, take_lock
from molgan.base.files import write_files
from molgan.base.parallel import Processes, split_chunks
from molgan.chem.guarded import read_limit

_FEW = 64
_MEND = "run the same again to continue, with processes=1 in one process"

PARETO = "objective.aggregation: a Pareto rank is among the molecules of a run, not of a long file"
"""Why a stream of molecules cannot be scored by such an objective."""

Work = Callable[[Any], bytes]
"""Computes the result of a chunk."""


class Crew(Protocol):
    """Processes or actors that work on chunks."""

    def map(self, chunks: Iterable[Any]) -> Iterator[bytes]:
        """The result of each chunk, in order; a few chunks are read ahead."""


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
    """As `local_crew`; a chunk that takes too long for another reason than a suspicious molecule is taken apart until
    the row that takes so long is alone. In seconds of processor time, a row may take twelve times the limit of a
    molecule, since there is much to load, and a chunk a fiftieth of it more for each row."""
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
    """The results of chunks, in a folder. A file name holds the number of the chunk and a digest of its content and of
    the work, so that a result is never used for anything else."""

    def __init__(self, folder: Path, key: str) -> None:
        """`key`: everything that decides a result apart from the chunk. Raises RunError when `folder` is unwritable, or
        another process is at work there."""
        self.folder = folder
        self._key = key
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._lock = take_lock(folder / ".lock")
        except Held as error:
            raise RunError(
                f"{folder}: process {error} is at work on the same output; wait for it, or name another output"
            ) from None
        except OSError as error:
            raise RunError(f"{folder}: cannot be written ({error.strerror or error})") from None

    def work_through(self, chunks: Iterable[Sequence[Any]], crew: Crew) -> Iterator[tuple[Path, int]]:
        """The file of the result of each chunk, and its length, in order; only missing results are computed."""
        order: deque[tuple[Path, int, bool]] = deque()

        def select_missing() -> Iterator[Sequence[Any]]:
            for number, chunk in enumerate(chunks):
                path = self._path(number, chunk)
                there = path.exists()
                order.append((path, len(chunk), there))
                if not there:
                    yield chunk

        for result in crew.map(select_missing()):
            while order[0][2]:
                yield order.popleft()[:2]
            path, count, _ = order.popleft()
            write_files(self.folder, {path.name: [result]})
            yield path, count
        while order:
            yield order.popleft()[:2]

    def remove(self) -> None:
        """Delete all results, and let others work there."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self._lock.close()

    def close(self) -> None:
        """Let others work there; the results stay."""
        self._lock.close()

    def _path(self, number: int, chunk: Sequence[Any]) -> Path:
        digest = hashlib.sha256(repr((self._key, list(chunk))).encode(errors="surrogatepass")).hexdigest()
        return self.folder / f"{number:06d}-{digest[:24]}.part"
