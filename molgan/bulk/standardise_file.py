"""Standardises molecules into a table: a list, or a file of any length."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from molgan.base.progress import Progress
from molgan.bulk.text_table import TextTable, parse_pieces, stream_table
from molgan.chem.reading import Record
from molgan.chem.settings import StandardizeSettings
from molgan.scoring.batch import chunks
from molgan.scoring.inputs import as_list, get_row_labels, get_text, set_row_labels

if TYPE_CHECKING:
    import pandas


def standardise_table(smiles: Iterable[Any], settings: StandardizeSettings) -> "pandas.DataFrame":
    """Standardise molecules: a table with one row for each input, in order, with the row labels of the input.

    Columns: `smiles`, the canonical SMILES of the standardised molecule; `original`, the text as given; `changes`, the
    changes separated by "; ", empty without any; `error`, the reason why there is no standard form, where `smiles` is
    missing. Raises InputError for a single string and for a frame without a SMILES column.
    """
    import pandas

    items = as_list(smiles)
    found = [settings.explain(molecule) for batch in chunks(items) for molecule in batch.molecules]
    columns: dict[str, list[str | None]] = {
        "smiles": [each.molecule.smiles for each in found],
        "original": [get_text(item) for item in items],
        "changes": ["; ".join(each.changes) for each in found],
        "error": [each.molecule.reason for each in found],
    }
    table = pandas.DataFrame({name: pandas.Series(cells, dtype=object) for name, cells in columns.items()})
    return set_row_labels(table, get_row_labels(smiles))


def standardise_records(
    records: Iterable[Sequence[Record]],
    settings: StandardizeSettings,
    folder: Path | None = None,
    progress: Progress | None = None,
    *,
    processes: int = 1,
) -> Iterator[str]:
    """Standardise records into a CSV table, which is given in pieces: one row for each record, in order.

    The columns are those of `standardise_table`, with the other columns of the file (those of its first rows) after
    `smiles`, and `line`. A column of the file with the name of a result column gets the suffix `_input`. The text is
    the same for any number of processes. Finished chunks are kept in `folder` until the end, so that the same call
    continues after an interruption.

    Args:
        records: The records, some at a time.
        settings: The standard form.
        folder: Where finished chunks are kept; a temporary folder by default.
        progress: Shows the progress.
        processes: Processes on this machine.

    Raises:
        RunError: `folder` cannot be written, or a process dies.
    """

    def open_table(titles: Mapping[str, str]) -> TextTable:
        return StandardText(settings, titles)

    yield from stream_table(
        records, open_table, settings, title="standardize", folder=folder, progress=progress, processes=processes
    )


def standardise_tables(
    records: Iterable[Sequence[Record]],
    settings: StandardizeSettings,
    folder: Path | None = None,
    progress: Progress | None = None,
    *,
    processes: int = 1,
) -> "Iterator[pandas.DataFrame]":
    """Like `standardise_records`, with the same arguments, as tables of text; the first is empty."""
    pieces = standardise_records(records, settings, folder, progress, processes=processes)
    yield from parse_pieces(pieces, StandardText(settings).make_table([]))


class StandardText(TextTable):
    """Standardises records into lines of CSV."""

    def __init__(self, settings: StandardizeSettings, titles: Mapping[str, str] | None = None) -> None:
        super().__init__(titles)
        self._settings = settings

    def compute(self, smiles: Sequence[str | None]) -> "pandas.DataFrame":
        return standardise_table(list(smiles), self._settings)

    def show_unusable(self, table: "pandas.DataFrame", records: Sequence[Record]) -> None:
        show_originals(table, records)


def show_originals(table: "pandas.DataFrame", records: Sequence[Record]) -> None:
    """Put the texts of all records into the column `original`."""
    import pandas

    table["original"] = pandas.Series([record.smiles for record in records], dtype=object)
