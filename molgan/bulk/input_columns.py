"""Carries the other columns of a file, such as prices, names or properties of an SDF file, to the result."""

from collections.abc import Iterable, Iterator, Sequence

from molgan.base.progress import Progress
from molgan.chem.columns import distinct_names
from molgan.chem.reading import Record

_MOST = 1000  # more columns come from a file whose records have properties of their own


def title_columns(names: Iterable[str], taken: Iterable[str], progress: Progress) -> dict[str, str]:
    """The titles of the columns of a file in a result with the columns `taken`, by their names: a taken name gets
    the suffix `_input`, and a message says so."""
    titles = dict(zip(names := list(names), distinct_names(names, taken, "_input"), strict=True))
    for name, title in titles.items():
        if name != title:
            progress.message(f"column {name!r} of the file is kept as {title!r}: the result has a column {name!r}")
    return titles


class ColumnNames:
    """The columns of all records read so far, in the order of their first appearance."""

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
