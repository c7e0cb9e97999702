"""Standardise molecules into a table: a list, or a file however long."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from molgan.base.progress import Progress, Silent
from molgan.bulk.text_table import TextTable, stream_table
from molgan.chem.reading import Record
from molgan.chem.settings import StandardizeSettings
from molgan.scoring.batch import as_list, chunks, source_of

if TYPE_CHECKING:
    import pandas


def standardise_table(smiles: Iterable[Any], settings: StandardizeSettings) -> "pandas.DataFrame":
    """One row an input, in order: `smiles`, the canonical SMILES of the standardised molecule; `original`, the text as
    given; `changes`, what was done, separated by "; ", empty where nothing was; `error`, the reason where there is no
    standard form, and then `smiles` is missing. `smiles` is what `molgan.score` takes. Raises InputError for a single
    string."""
    import pandas

    items = as_list(smiles)
    found = [settings.explain(molecule) for batch in chunks(items) for molecule in batch.molecules]
    columns: dict[str, list[str | None]] = {
        "smiles": [each.molecule.smiles for each in found],
        "original": [source_of(item) for item in items],
        "changes": ["; ".join(each.changes) for each in found],
        "error": [each.molecule.reason for each in found],
    }
    return pandas.DataFrame({name: pandas.Series(cells, dtype=object) for name, cells in columns.items()})


def standardise_records(
    records: Iterable[Sequence[Record]],
    settings: StandardizeSettings,
    folder: Path | None = None,
    progress: Progress | None = None,
    *,
    processes: int = 1,
) -> Iterator[str]:
    """The CSV of `standardise_table` in pieces, one row a record, in order, with the other columns of the file behind
    `smiles`; one that is called as a column of the table has "_input" behind its name.

    What is done is kept in `folder` until the end: after an interruption, the same again goes on there. Raises RunError
    when `folder` cannot be written or a process dies.
    """

    def open_table(others: Sequence[str]) -> TextTable:
        taken = {*StandardText(settings).columns, *others}
        return StandardText(settings, {name: _find_free(name, taken) for name in others})

    yield from stream_table(
        records,
        open_table,
        settings,
        title="standardize",
        progress=progress or Silent(),
        folder=folder,
        processes=processes,
    )


class StandardText(TextTable):
    """Standardises rows into lines of CSV."""

    def __init__(self, settings: StandardizeSettings, others: Mapping[str, str] | None = None) -> None:
        super().__init__(others)
        self._settings = settings

    def make(self, smiles: Sequence[str]) -> "pandas.DataFrame":
        return standardise_table(smiles, self._settings)


_COLUMNS = ("smiles", "original", "changes", "error")


def _find_free(name: str, taken: set[str]) -> str:
    free = name
    while free in _COLUMNS or (free != name and free in taken):
        free += "_input"
    return free
