"""Ranks the rows of a table of anomalies, which no row has by itself: the table is written to disk, and read again."""

from __future__ import annotations

import csv
import math
import tempfile
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from io import StringIO
from itertools import islice
from types import TracebackType
from typing import IO, Self

import numpy as np

STRANGEST = 100
"""Rows that are kept in memory for a page."""

_TOGETHER = 2048  # rows of a piece
_RANK, _VALUE, _ERROR = "rank", "typicality", "error"


def rank_values(values: np.ndarray) -> np.ndarray:
    """The rank of each value, int64 [n]: 1 for the lowest, of equal ones the earlier first; 0 for NaN."""
    order = np.argsort(values, kind="stable")
    order = order[~np.isnan(values[order])]
    ranks = np.zeros(len(values), np.int64)
    ranks[order] = np.arange(1, len(order) + 1)
    return ranks


class AnomalyRanks:
    """A table of anomalies with its column `rank` filled, from the pieces of one without.

    `strangest` are the first rows by rank, at most `STRANGEST`, by the titles of their columns; `values` float64 [n]
    the typicality of every row, in order, NaN where there is none; `errors` says why, and how often. Memory grows by
    some bytes a row. To be used in a `with` block.
    """

    def __init__(self, pieces: Iterable[str]) -> None:
        self._file: IO[str] = tempfile.TemporaryFile("w+", encoding="utf-8", newline="")  # noqa: SIM115
        pieces = iter(pieces)
        self._titles = next(csv.reader(StringIO(next(pieces))))
        value, error = self._titles.index(_VALUE), self._titles.index(_ERROR)
        self.errors = Counter[str]()
        values = array("d")
        for piece in pieces:
            self._file.write(piece)
            for row in csv.reader(StringIO(piece, newline="")):
                values.append(float(row[value] or math.nan))
                if not row[value]:
                    self.errors[row[error]] += 1
        self.values = np.frombuffer(values, dtype=np.float64) if values else np.empty(0)
        self._ranks = rank_values(self.values)
        self.strangest: list[Mapping[str, str]] = [
            dict(zip(self._titles, row, strict=True)) for row in self._take_first(STRANGEST)
        ]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def write(self, top: int | None = None) -> Iterator[str]:
        """The table in pieces, its header first: all rows in their order, or the `top` strangest, these first."""
        yield _format([self._titles])
        if top is not None:
            yield _format(self._take_first(top))
            return
        rows = self._rows()
        while some := list(islice(rows, _TOGETHER)):
            yield _format(some)

    def _rows(self) -> Iterator[list[str]]:
        self._file.seek(0)
        rank = self._titles.index(_RANK)
        for row, place in zip(csv.reader(self._file), self._ranks.tolist(), strict=True):
            row[rank] = str(place) if place else ""
            yield row

    def _take_first(self, count: int) -> list[list[str]]:
        rank = self._titles.index(_RANK)
        found = [row for row in self._rows() if row[rank] and int(row[rank]) <= count]
        return sorted(found, key=lambda row: int(row[rank]))


def _format(rows: Sequence[Sequence[str]]) -> str:
    text = StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()
