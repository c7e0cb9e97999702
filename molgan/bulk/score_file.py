"""Score a file of molecules, however long."""

import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
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
from molgan.bulk.streams import PARETO, Parts, local_crew
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
"""What molecules are scored by: the names of scorers, or an objective."""


def score_records(
    chunks: Iterable[Sequence[Record]],
    scoring: Scoring,
    folder: Path | None = None,
    progress: Progress | None = None,
    *,
    processes: int = 1,
) -> Iterator[str]:
    """A CSV table in pieces: `smiles`, the other columns of the file (as its first rows have them), a column a scorer,
    `error`, `line`; one row a record, in order, the same text however many processes there are. By an objective the
    columns are those of `ScoreTable.to_frame`: the total, raw and transformed values.

    A record that cannot be used has its reason in `error`. A column of the file that is called as one of the table is
    kept under its name and `_input`.

    What is done is kept in `folder` until the end: after an interruption, the same again goes on there. Raises
    ConfigError for an unknown scorer and for a Pareto rank, RunError when `folder` cannot be written or a process dies.
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
    """As `score_records`, in tables; the first is empty. Values are floats or nullable booleans, lines whole numbers,
    the others text."""
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

    def tell_late_columns(chunk: Sequence[Record]) -> Sequence[Record]:
        for record in chunk:
            for name in record.fields.keys() - left_out - titles.keys():
                left_out.add(name)
                progress.message(f"column {name!r} is left out: line {record.line} has it, the first rows do not")
        return chunk

    parts = Parts(folder, repr((__version__, rdkitVersion, _make_key(scoring), titles)))
    progress.start("score")
    yield work.header
    with local_crew(work, processes) as crew:
        for path, count in parts.finished(map(tell_late_columns, chain([first], incoming)), crew):
            yield path.read_bytes().decode()
            progress.advance("score", count)
    progress.finish("score")
    parts.remove()


def _make_key(scoring: Scoring) -> object:
    """Stands for all that decides a score beside the molecule."""
    if not isinstance(scoring, ObjectiveSettings):
        return list(scoring)
    return add_contents(scoring.model_dump(mode="json"))


class ScoreText:
    """Scores records into lines of CSV. `titles`: what the columns of the file are called, by their names."""

    def __init__(self, scoring: Scoring, titles: Mapping[str, str] | None = None) -> None:
        self._scoring = scoring
        self._titles = titles or {}

    def __reduce__(self) -> tuple[type["ScoreText"], tuple[Scoring, Mapping[str, str]]]:
        return ScoreText, (self._scoring, self._titles)

    @property
    def header(self) -> str:
        return self._format([], header=True)

    def __call__(self, records: Sequence[Record]) -> bytes:
        clear_caches()  # what earlier chunks have left there is of no use
        return self._format(records, header=False).encode()

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
