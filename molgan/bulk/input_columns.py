"""The columns of a file that a result carries behind its own: prices, names, properties of an SDF file."""

from collections.abc import Iterable, Iterator, Sequence

from molgan.base.progress import Progress
from molgan.chem.columns import distinct_names
from molgan.chem.reading import Record

_MOST = 1000  # more are no table, but a record's own properties in each record


def title_columns(names: Iterable[str], taken: Iterable[str], progress: Progress) -> dict[str, str]:
    """What the columns of a file are called in a result with the columns `taken`, by their names: one that is called
    as such a column has `_input` behind it, and a message says so."""
    titles = dict(zip(names := list(names), distinct_names(names, taken, "_input"), strict=True))
    for name, title in titles.items():
        if name != title:
            progress.message(f"column {name!r} of the file is kept as {title!r}: {name!r} is a column of the result")
    return titles


class ColumnNames:
    """The columns of all records that have gone by, in order of their first appearance."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._names: dict[str, None] = {}
        self._is_full = False

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def watch(self, chunks: Iterable[Sequence[Record]]) -> Iterator[Sequence[Record]]:
        """The chunks as they are; a message says where there are more columns than a table can have."""
        for chunk in chunks:
            for record in chunk:
                if not record.fields.keys() <= self._names.keys():
                    self._add(record)
            yield chunk

    def _add(self, record: Record) -> None:
        for name in record.fields:
            if len(self._names) < _MOST:
                self._names.setdefault(name)
            elif name not in self._names and not self._is_full:
                self._is_full = True
                self._progress.message(
                    f"more than {_MOST:,} columns: {name!r} (line {record.line}) and more are left out"
                )
