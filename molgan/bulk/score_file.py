"""Score a file of molecules, however long."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from molgan.base.progress import Progress, Silent
from molgan.bulk.standardise_file import standardise_table
from molgan.bulk.text_table import Rows, TextTable, stream_table
from molgan.chem.reading import Record
from molgan.chem.settings import StandardizeSettings
from molgan.scoring.base import Scorer
from molgan.scoring.registry import get_scorer
from molgan.scoring.score_cache import clear_caches
from molgan.scoring.score_table import score

if TYPE_CHECKING:
    import pandas


def score_records(
    chunks: Iterable[Sequence[Record]],
    scorers: Sequence[str],
    folder: Path | None = None,
    progress: Progress | None = None,
    *,
    processes: int = 1,
    standardize: StandardizeSettings | None = None,
) -> Iterator[str]:
    """A CSV table in pieces: `smiles`, the other columns of the file (as its first rows have them), a column a scorer,
    `error`; one row a record, in order, the same text however many processes there are. With `standardize`, `smiles`
    is the standardised molecule that was scored, with `original` and `changes` behind it, as in `standardise_table`.

    What is done is kept in `folder` until the end: after an interruption, the same again goes on there. Raises
    ConfigError for an unknown scorer, RunError when `folder` cannot be written or a process dies.
    """
    for name in scorers:
        get_scorer(name)

    def open_table(others: Sequence[str]) -> TextTable:
        taken = ScoreText(scorers, standardize).columns
        return ScoreText(scorers, standardize, {name: name for name in others if name not in taken})

    yield from stream_table(
        chunks,
        open_table,
        (list(scorers), standardize),
        title="score",
        progress=progress or Silent(),
        folder=folder,
        processes=processes,
    )


class ScoreText(TextTable):
    """Scores rows into lines of CSV."""

    def __init__(
        self,
        scorers: Sequence[str],
        standardize: StandardizeSettings | None = None,
        others: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(others)
        self._names = list(scorers)
        self._standardize = standardize

    def __reduce__(self) -> tuple[type["ScoreText"], tuple[Any, ...]]:
        return ScoreText, (self._names, self._standardize, self.others)

    def __call__(self, rows: Rows) -> bytes:
        clear_caches()  # what earlier chunks have left there is of no use
        return super().__call__(rows)

    def make(self, smiles: Sequence[str]) -> "pandas.DataFrame":
        if self._standardize is None:
            return score(smiles, self._scorers)
        standard = standardise_table(smiles, self._standardize)
        table = score(standard["smiles"].tolist(), self._scorers)
        table["error"] = standard["error"].where(standard["error"].notna(), table["error"])
        for place, name in enumerate(("original", "changes")):
            table.insert(place + 1, name, standard[name])
        return table

    @cached_property
    def _scorers(self) -> list[Scorer]:
        return [get_scorer(name) for name in self._names]
