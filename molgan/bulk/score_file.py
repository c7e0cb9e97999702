"""Scores a file of molecules of any length."""

import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property, partial
from io import StringIO
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from rdkit.rdBase import rdkitVersion

from molgan.base.content import add_contents
from molgan.base.errors import ConfigError
from molgan.base.progress import Progress, Silent
from molgan.base.version import __version__
from molgan.bulk.input_columns import title_columns
from molgan.bulk.streams import PARETO, Parts, guarded_crew
from molgan.chem.columns import distinct_names
from molgan.chem.reading import Record
from molgan.scoring.objective import Objective
from molgan.scoring.registry import get_scorer
from molgan.scoring.score_cache import clear_caches
from molgan.scoring.score_table import score
from molgan.scoring.settings import ObjectiveSettings

if TYPE_CHECKING:
    import pandas

Scoring = Sequence[str] | ObjectiveSettings
"""How molecules are scored: by the names of scorers, or by an objective."""


def score_records(
    chunks: Iterable[Sequence[Record]],
    scoring: Scoring,
    folder: Path | None = None,
    progress: Progress | None = None,
    *,
    processes: int = 1,
) -> Iterator[str]:
    """Score records into a CSV table, which is given in pieces: one row for each record, in order.

    The columns are `smiles`, the other columns of the file (those of its first rows), one for each scorer, `error`,
    which has the reason of a record that cannot be used, and `line`. By an objective the columns are those of
    `ScoreTable.to_frame`: the total, raw and transformed values. A column of the file with the name of a result column
    gets the suffix `_input`. The text is the same for any number of processes. Finished chunks are kept in `folder`
    until the end, so that the same call continues after an interruption.

    Args:
        chunks: The records, some at a time.
        scoring: Names of scorers, or an objective.
        folder: Where finished chunks are kept; a temporary folder by default.
        progress: Shows the progress.
        processes: Processes on this machine.

    Raises:
        ConfigError: A scorer is unknown, or the objective has a Pareto rank.
        RunError: `folder` cannot be written, or a process dies.
    """
    if isinstance(scoring, ObjectiveSettings):
        if scoring.aggregation == "pareto":
            raise ConfigError(PARETO)
    else:
        for name in scoring:
            get_scorer(name)
    with tempfile.TemporaryDirectory() as temporary:
        yield from _score(chunks, scoring, folder or Path(temporary) / "parts", progress or Silent(), processes)


def score_tables(
    chunks: Iterable[Sequence[Record]],
    scoring: Scoring,
    folder: Path | None = None,
    progress: Progress | None = None,
    *,
    processes: int = 1,
) -> "Iterator[pandas.DataFrame]":
    """Like `score_records`, with the same arguments, as tables; the first is empty.

    Values are floats or nullable booleans, lines whole numbers, other cells are text.
    """
    import pandas

    kinds = ScoreText(scoring).make_table([]).dtypes
    pieces = score_records(chunks, scoring, folder, progress, processes=processes)
    header = next(pieces)
    for piece in chain([""], pieces):
        table = pandas.read_csv(StringIO(header + piece), dtype=str, keep_default_na=False)
        for name in table.columns:
            kind = kinds[name].kind if name in kinds else "O"
            if kind == "f":
                table[name] = [float(text or "nan") for text in table[name]]
            elif kind == "b":
                table[name] = table[name].map({"True": True, "False": False}).astype("boolean")
            elif kind == "i":
                table[name] = table[name].astype(kinds[name])
            else:
                table[name] = table[name].astype("string")
        yield table.assign(error=table["error"].replace("", pandas.NA))


def _score(
    chunks: Iterable[Sequence[Record]], scoring: Scoring, folder: Path, progress: Progress, processes: int
) -> Iterator[str]:
    incoming = iter(chunks)
    first = next(incoming, [])
    others = list(dict.fromkeys(name for record in first for name in record.fields))
    titles = title_columns(others, ScoreText(scoring).make_table([]).columns, progress)
    work = ScoreText(scoring, titles)
    left_out: set[str] = set()

    def report_late_columns(chunk: Sequence[Record]) -> Sequence[Record]:
        for record in chunk:
            for name in record.fields.keys() - left_out - titles.keys():
                left_out.add(name)
                where = f"it appears in line {record.line}, but not in the first rows"
                progress.message(f"column {name!r} is left out: {where}")
        return chunk

    parts = Parts(folder, repr((__version__, rdkitVersion, _make_key(scoring), titles)))
    progress.start("score")
    yield work.header
    with guarded_crew(work, processes) as crew:
        for path, count in parts.work_through(map(report_late_columns, chain([first], incoming)), crew):
            yield path.read_bytes().decode()
            progress.advance("score", count)
    progress.finish("score")
    parts.remove()


def _make_key(scoring: Scoring) -> object:
    """Everything that decides a score apart from the molecule."""
    if not isinstance(scoring, ObjectiveSettings):
        return list(scoring)
    return add_contents(scoring.model_dump(mode="json"))


class ScoreText:
    """Scores records into lines of CSV. `titles`: the titles of the columns of the file, by their names."""

    def __init__(self, scoring: Scoring, titles: Mapping[str, str] | None = None) -> None:
        self._scoring = scoring
        self._titles = titles or {}

    def __reduce__(self) -> tuple[type["ScoreText"], tuple[Scoring, Mapping[str, str]]]:
        return ScoreText, (self._scoring, self._titles)

    @property
    def header(self) -> str:
        return self._format([], header=True)

    def __call__(self, rows: Sequence[Record]) -> bytes:
        clear_caches()  # entries of earlier chunks are of no use
        return self._format(rows, header=False).encode()

    def make_table(self, records: Sequence[Record]) -> "pandas.DataFrame":
        """The scores of the records, without the other columns of the file."""
        import pandas

        table = self._compute([record.smiles if record.reason is None else None for record in records])
        (line,) = distinct_names(["line"], table.columns, "_input")
        reasons = [record.reason or error for record, error in zip(records, table["error"], strict=True)]
        table["smiles"] = pandas.Series([record.smiles for record in records], dtype=object)
        table["error"] = pandas.Series(reasons, dtype=object)
        table[line] = np.array([record.line for record in records], np.int64)
        return table

    def lost(self, rows: Sequence[Record], reason: str) -> bytes:
        """The lines of records without a value."""
        return self([replace(record, reason=reason) for record in rows])

    def join(self, results: Sequence[bytes]) -> bytes:
        return b"".join(results)

    @cached_property
    def _compute(self) -> "Callable[[list[str | None]], pandas.DataFrame]":
        if isinstance(self._scoring, ObjectiveSettings):
            objective = Objective(self._scoring)
            return lambda smiles: objective(smiles).to_frame()
        return partial(score, scorers=[get_scorer(name) for name in self._scoring])

    def _format(self, records: Sequence[Record], *, header: bool) -> str:
        table = self.make_table(records)
        for place, (name, title) in enumerate(self._titles.items(), 1):
            table.insert(place, title, [record.fields.get(name) for record in records])
        return str(table.to_csv(index=False, header=header, lineterminator="\n"))
