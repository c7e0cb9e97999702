"""Scores a file of molecules of any length."""

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from io import StringIO
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from rdkit.rdBase import rdkitVersion

from molgan.base.progress import Progress, Silent
from molgan.base.version import __version__
from molgan.bulk.streams import Parts, local_crew
from molgan.chem.columns import distinct_names
from molgan.chem.reading import Record
from molgan.scoring.base import Scorer
from molgan.scoring.registry import get_scorer
from molgan.scoring.score_cache import clear_caches
from molgan.scoring.score_table import score

if TYPE_CHECKING:
    import pandas

Rows = Sequence[tuple[str, Sequence[str | None], str | None]]
"""SMILES and the other cells of each molecule, and a reason where the row cannot be used."""


def score_records(
    chunks: Iterable[Sequence[Record]],
    scorers: Sequence[str],
    folder: Path | None = None,
    progress: Progress | None = None,
    *,
    processes: int = 1,
) -> Iterator[str]:
    """Score records into a CSV table, which is given in pieces: one row for each record, in order.

    The columns are `smiles`, the other columns of the file (those of its first rows), one for each scorer, and `error`,
    which has the reason of a record that cannot be used. A column of the file with the name of a result column gets the
    suffix `_input`. The text is the same for any number of processes. Finished chunks are kept in `folder` until the
    end, so that the same call continues after an interruption.

    Args:
        chunks: The records, some at a time.
        scorers: Names of scorers.
        folder: Where finished chunks are kept; a temporary folder by default.
        progress: Shows the progress.
        processes: Processes on this machine.

    Raises:
        ConfigError: A scorer is unknown.
        RunError: `folder` cannot be written, or a process dies.
    """
    for name in scorers:
        get_scorer(name)
    with tempfile.TemporaryDirectory() as temporary:
        yield from _score(chunks, scorers, folder or Path(temporary) / "parts", progress or Silent(), processes)


def score_tables(
    chunks: Iterable[Sequence[Record]],
    scorers: Sequence[str],
    folder: Path | None = None,
    progress: Progress | None = None,
    *,
    processes: int = 1,
) -> "Iterator[pandas.DataFrame]":
    """Like `score_records`, with the same arguments, as tables; the first is empty.

    Values are floats or nullable booleans, other cells are text.
    """
    import pandas

    kinds = score([], [get_scorer(name) for name in scorers]).dtypes
    pieces = score_records(chunks, scorers, folder, progress, processes=processes)
    header = next(pieces)
    for piece in chain([""], pieces):
        table = pandas.read_csv(StringIO(header + piece), dtype=str, keep_default_na=False)
        for name in table.columns:
            kind = kinds[name].kind if name in kinds else "O"
            if kind == "f":
                table[name] = [float(text or "nan") for text in table[name]]
            elif kind == "b":
                table[name] = table[name].map({"True": True, "False": False}).astype("boolean")
            else:
                table[name] = table[name].astype("string")
        yield table.assign(error=table["error"].replace("", pandas.NA))


def _score(
    chunks: Iterable[Sequence[Record]], names: Sequence[str], folder: Path, progress: Progress, processes: int
) -> Iterator[str]:
    incoming = iter(chunks)
    first = next(incoming, [])
    others = list(dict.fromkeys(name for record in first for name in record.fields))
    taken = ScoreText(names).columns
    titles = distinct_names(others, taken, "_input")
    for name, title in zip(others, titles, strict=True):
        if name != title:
            progress.message(f"column {name!r} of the file is kept as {title!r}: the result has a column {name!r}")
    work = ScoreText(names, titles)
    left_out: set[str] = set()

    def rows_of(chunk: Sequence[Record]) -> list[tuple[str, list[str | None], str | None]]:
        for record in chunk:
            for name in record.fields.keys() - left_out - set(others):
                left_out.add(name)
                where = f"it appears in line {record.line}, but not in the first rows"
                progress.message(f"column {name!r} is left out: {where}")
        return [(record.smiles, [record.fields.get(name) for name in others], record.reason) for record in chunk]

    rows = (rows_of(chunk) for chunk in chain([first], incoming))
    parts = Parts(folder, repr((__version__, rdkitVersion, names, titles)))
    progress.start("score")
    yield work.header
    with local_crew(work, processes) as crew:
        for path, count in parts.work_through(rows, crew):
            yield path.read_bytes().decode()
            progress.advance("score", count)
    progress.finish("score")
    parts.remove()


class ScoreText:
    """Scores rows into lines of CSV."""

    def __init__(self, scorers: Sequence[str], others: Sequence[str] = ()) -> None:
        self._names = list(scorers)
        self._others = list(others)

    def __reduce__(self) -> tuple[type["ScoreText"], tuple[list[str], list[str]]]:
        return ScoreText, (self._names, self._others)

    @cached_property
    def columns(self) -> list[str]:
        """The columns of the table of scores."""
        return list(score([], self._scorers).columns)

    @property
    def header(self) -> str:
        return self._format([], header=True)

    def __call__(self, rows: Rows) -> bytes:
        clear_caches()  # entries of earlier chunks are of no use
        return self._format(rows, header=False).encode()

    @cached_property
    def _scorers(self) -> list[Scorer]:
        return [get_scorer(name) for name in self._names]

    def _format(self, rows: Rows, *, header: bool) -> str:
        table = score([smiles if reason is None else None for smiles, _, reason in rows], self._scorers)
        table["smiles"] = [smiles for smiles, _, _ in rows]
        table["error"] = [reason or error for (_, _, reason), error in zip(rows, table["error"], strict=True)]
        for place, name in enumerate(self._others):
            table.insert(place + 1, name, [cells[place] for _, cells, _ in rows])
        return str(table.to_csv(index=False, header=header, lineterminator="\n"))
