"""Scores a file of molecules of any length."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from molgan.base.content import add_contents
from molgan.base.errors import ConfigError
from molgan.base.progress import Progress
from molgan.bulk.standardise_file import show_originals, standardise_table
from molgan.bulk.streams import PARETO
from molgan.bulk.text_table import TextTable, parse_pieces, stream_table
from molgan.chem.reading import Record
from molgan.chem.settings import StandardizeSettings
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
    standardize: StandardizeSettings | None = None,
) -> Iterator[str]:
    """Score records into a CSV table, which is given in pieces: one row for each record, in order.

    The columns are `smiles`, the other columns of the file (those of its first rows), one for each scorer, `error`,
    which has the reason of a record that cannot be used, and `line`. By an objective the columns are those of
    `ScoreTable.to_frame`: the total, raw and transformed values. With `standardize`, `smiles` is the standardised
    molecule that was scored, and the columns `original` and `changes` of `standardise_table` come before the scores. A
    column of the file with the name of a result column gets the suffix `_input`. The text is the same for any number of
    processes. Finished chunks are kept in `folder` until the end, so that the same call continues after an
    interruption.

    Args:
        chunks: The records, some at a time.
        scoring: Names of scorers, or an objective.
        folder: Where finished chunks are kept; a temporary folder by default.
        progress: Shows the progress.
        processes: Processes on this machine.
        standardize: The standard form in which molecules are scored; as they are by default.

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

    def open_table(titles: Mapping[str, str]) -> TextTable:
        return ScoreText(scoring, titles, standardize)

    key = _make_key(scoring), standardize
    yield from stream_table(
        chunks, open_table, key, title="score", folder=folder, progress=progress, processes=processes
    )


def score_tables(
    chunks: Iterable[Sequence[Record]],
    scoring: Scoring,
    folder: Path | None = None,
    progress: Progress | None = None,
    *,
    processes: int = 1,
    standardize: StandardizeSettings | None = None,
) -> "Iterator[pandas.DataFrame]":
    """Like `score_records`, with the same arguments, as tables; the first is empty.

    Values are floats or nullable booleans, lines whole numbers, other cells are text.
    """
    pieces = score_records(chunks, scoring, folder, progress, processes=processes, standardize=standardize)
    yield from parse_pieces(pieces, ScoreText(scoring, standardize=standardize).make_table([]))


def _make_key(scoring: Scoring) -> object:
    """Everything that decides a score apart from the molecule."""
    if not isinstance(scoring, ObjectiveSettings):
        return list(scoring)
    return add_contents(scoring.model_dump(mode="json"))


class ScoreText(TextTable):
    """Scores records into lines of CSV, in the form `standardize` where it is given."""

    def __init__(
        self,
        scoring: Scoring,
        titles: Mapping[str, str] | None = None,
        standardize: StandardizeSettings | None = None,
    ) -> None:
        super().__init__(titles)
        self._scoring = scoring
        self._standardize = standardize

    def __reduce__(self) -> tuple[type["ScoreText"], tuple[Any, ...]]:
        return ScoreText, (self._scoring, self.titles, self._standardize)

    def __call__(self, rows: Sequence[Record]) -> bytes:
        clear_caches()  # entries of earlier chunks are of no use
        return super().__call__(rows)

    def compute(self, smiles: Sequence[str | None]) -> "pandas.DataFrame":
        if self._standardize is None:
            return self._score(list(smiles))
        standard = standardise_table(list(smiles), self._standardize)
        table = self._score(standard["smiles"].tolist())
        table["smiles"] = standard["smiles"]
        table["error"] = standard["error"].where(standard["error"].notna(), table["error"])
        for place, name in enumerate(("original", "changes"), 1):
            table.insert(place, name, standard[name])
        return table

    def show_unusable(self, table: "pandas.DataFrame", records: Sequence[Record]) -> None:
        import pandas

        if self._standardize is None:
            table["smiles"] = pandas.Series([record.smiles for record in records], dtype=object)
        else:
            show_originals(table, records)

    @cached_property
    def _score(self) -> "Callable[[list[str | None]], pandas.DataFrame]":
        if isinstance(self._scoring, ObjectiveSettings):
            objective = Objective(self._scoring)
            return lambda smiles: objective(smiles).to_frame()
        return partial(score, scorers=[get_scorer(name) for name in self._scoring])
