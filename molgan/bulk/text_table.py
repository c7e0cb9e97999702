"""A file of molecules as a CSV table, however long: a row a molecule, made chunk by chunk in several processes."""

import tempfile
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from rdkit.rdBase import rdkitVersion

from molgan.base.progress import Progress
from molgan.base.version import __version__
from molgan.bulk.streams import Parts, local_crew
from molgan.chem.reading import Record

if TYPE_CHECKING:
    import pandas

Rows = Sequence[tuple[str, Sequence[str | None]]]
"""SMILES and the other cells of each molecule."""


class TextTable(ABC):
    """Makes lines of CSV of rows of a file. It travels to other processes by its attributes."""

    def __init__(self, others: Mapping[str, str] | None = None) -> None:
        """`others`: columns of the file that are carried, and what they are called in the table."""
        self.others = dict(others or {})

    @abstractmethod
    def make(self, smiles: Sequence[str]) -> "pandas.DataFrame":
        """The table of some molecules, one row each, in order; `smiles` comes first."""

    @property
    def columns(self) -> list[str]:
        """Those of `make`."""
        return list(self.make([]).columns)

    @property
    def header(self) -> str:
        return self._format([], header=True)

    def __call__(self, rows: Rows) -> bytes:
        return self._format(rows, header=False).encode()

    def _format(self, rows: Rows, *, header: bool) -> str:
        table = self.make([smiles for smiles, _ in rows])
        for place, name in enumerate(self.others.values()):
            table.insert(place + 1, name, [cells[place] for _, cells in rows])
        return str(table.to_csv(index=False, header=header, lineterminator="\n"))


def stream_table(
    chunks: Iterable[Sequence[Record]],
    open_table: Callable[[Sequence[str]], TextTable],
    key: object,
    *,
    title: str,
    progress: Progress,
    folder: Path | None = None,
    processes: int = 1,
) -> Iterator[str]:
    """The table in pieces, the same text however many processes there are. `open_table` gets the names of the columns
    that the first rows have beside the SMILES.

    What is done is kept in `folder` until the end: after an interruption, the same again goes on there. `key` stands
    for all that decides the table beside the rows. Raises RunError when `folder` cannot be written or a process dies.
    """
    with tempfile.TemporaryDirectory() as temporary:
        incoming = iter(chunks)
        first = next(incoming, [])
        work = open_table(list(dict.fromkeys(name for record in first for name in record.fields)))
        rows = (
            [(record.smiles, [record.fields.get(name) for name in work.others]) for record in chunk]
            for chunk in chain([first], incoming)
        )
        parts = Parts(folder or Path(temporary) / "parts", repr((__version__, rdkitVersion, key, work.others)))
        progress.start(title)
        yield work.header
        with local_crew(work, processes) as crew:
            for path, count in parts.finished(rows, crew):
                yield path.read_bytes().decode()
                progress.advance(title, count)
        progress.finish(title)
        parts.remove()
