"""Makes a CSV table of a file of molecules of any length: one row for each molecule, chunk by chunk, in several
processes."""

import tempfile
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from io import StringIO
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from rdkit.rdBase import rdkitVersion

from molgan.base.progress import Progress, Silent
from molgan.base.version import __version__
from molgan.bulk.input_columns import title_columns
from molgan.bulk.streams import Parts, guarded_crew
from molgan.chem.columns import MOST_COLUMNS, distinct_names
from molgan.chem.formulas import escape_formula, restore_formula
from molgan.chem.reading import Record
from molgan.chem.writing import escape_table

if TYPE_CHECKING:
    import pandas

_MOST_TOLD = 20  # columns that are left out


class TextTable(ABC):
    """Makes lines of CSV from records. It is pickled with its attributes."""

    def __init__(self, titles: Mapping[str, str] | None = None) -> None:
        """`titles`: the titles of the columns of the file, by their names."""
        self.titles = dict(titles or {})

    @abstractmethod
    def compute(self, smiles: Sequence[str | None]) -> "pandas.DataFrame":
        """The table of some molecules, one row for each, in order, with the columns `smiles`, the first, and `error`;
        None stands for a record that cannot be used."""

    @abstractmethod
    def show_unusable(self, table: "pandas.DataFrame", records: Sequence[Record]) -> None:
        """Put the texts of the records into the columns of `table` that show them."""

    @property
    def header(self) -> str:
        return self._format([], header=True)

    def __call__(self, rows: Sequence[Record]) -> bytes:
        return self._format(rows, header=False).encode()

    def make_table(self, records: Sequence[Record]) -> "pandas.DataFrame":
        """The table of the records, without the other columns of the file."""
        import pandas

        table = self.compute([record.smiles if record.reason is None else None for record in records])
        self.show_unusable(table, records)
        (line,) = distinct_names(["line"], table.columns, "_input")
        reasons = [record.reason or error for record, error in zip(records, table["error"], strict=True)]
        table["error"] = pandas.Series(reasons, dtype=object)
        table[line] = np.array([record.line for record in records], np.int64)
        return table

    def lost(self, rows: Sequence[Record], reason: str) -> bytes:
        """The lines of records without a value."""
        return self([replace(record, reason=reason) for record in rows])

    def join(self, results: Sequence[bytes]) -> bytes:
        return b"".join(results)

    def _format(self, records: Sequence[Record], *, header: bool) -> str:
        import pandas

        table = escape_table(self.make_table(records))
        if self.titles:
            # By rows: a file may have thousands of columns.
            rows = [[escape_formula(record.fields.get(name)) for name in self.titles] for record in records]
            titles = [escape_formula(title) for title in self.titles.values()]
            others = pandas.DataFrame(rows, index=table.index, columns=titles, dtype=object)
            table = pandas.concat([table.iloc[:, :1], others, table.iloc[:, 1:]], axis=1)
        return str(table.to_csv(index=False, header=header, lineterminator="\n"))


def stream_table(
    chunks: Iterable[Sequence[Record]],
    open_table: Callable[[Mapping[str, str]], TextTable],
    key: object,
    *,
    title: str,
    folder: Path | None = None,
    progress: Progress | None = None,
    processes: int = 1,
) -> Iterator[str]:
    """The table in pieces; the text is the same for any number of processes. Finished chunks are kept in `folder` until
    the end, so that the same call continues after an interruption.

    Args:
        chunks: The records, some at a time; those of the first chunk say which columns the file has.
        open_table: Makes the table from the titles of the columns of the file, by their names.
        key: Everything that decides the table apart from the records.
        title: What is done, for the progress.
        folder: Where finished chunks are kept; a temporary folder by default.
        progress: Shows the progress.
        processes: Processes on this machine.

    Raises:
        RunError: `folder` cannot be written, or a process dies.
    """
    progress = progress or Silent()
    with tempfile.TemporaryDirectory() as temporary:
        incoming = iter(chunks)
        first = next(incoming, [])
        others = list(islice(dict.fromkeys(name for record in first for name in record.fields), MOST_COLUMNS))
        titles = title_columns(others, open_table({}).make_table([]).columns, progress)
        records = _report_late_columns(chain([first], incoming), titles, progress)
        parts = Parts(folder or Path(temporary) / "parts", repr((__version__, rdkitVersion, key, titles)))
        work = open_table(titles)
        progress.start(title)
        yield work.header
        with guarded_crew(work, processes) as crew:
            for path, count in parts.work_through(records, crew):
                yield path.read_bytes().decode()
                progress.advance(title, count)
        progress.finish(title)
        parts.remove()


def parse_pieces(pieces: Iterator[str], like: "pandas.DataFrame") -> "Iterator[pandas.DataFrame]":
    """The pieces of `stream_table` as tables; the first is empty. `like` is an empty table with the types of columns.

    Values are floats or nullable booleans, lines whole numbers, other cells are text.
    """
    import pandas

    kinds = like.dtypes
    header = next(pieces)
    for piece in chain([""], pieces):
        table = pandas.read_csv(StringIO(header + piece), dtype=str, keep_default_na=False).rename(
            columns=restore_formula
        )
        for name in table.columns:
            kind = kinds[name].kind if name in kinds else "O"
            if kind == "f":
                table[name] = [float(text or "nan") for text in table[name]]
            elif kind == "b":
                table[name] = table[name].map({"True": True, "False": False}).astype("boolean")
            elif kind == "i":
                table[name] = table[name].astype(kinds[name])
            else:
                table[name] = table[name].map(restore_formula).astype("string")
        yield table.assign(error=table["error"].replace("", pandas.NA))


def _report_late_columns(
    chunks: Iterable[Sequence[Record]], titles: Mapping[str, str], progress: Progress
) -> Iterator[Sequence[Record]]:
    left_out: set[str] = set()
    for chunk in chunks:
        for record in chunk:
            if len(left_out) == _MOST_TOLD or record.fields.keys() <= titles.keys():
                continue
            for name in record.fields:
                if name not in titles and name not in left_out and len(left_out) < _MOST_TOLD:
                    left_out.add(name)
                    more = ", and more are" if len(left_out) == _MOST_TOLD else " is"
                    where = f"it appears in line {record.line}, but not in the first rows"
                    progress.message(f"column {name!r:.60}{more} left out: {where}")
        yield chunk
