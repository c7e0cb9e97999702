"""Writes the files of a filtered stream from its chunks, a block at a time."""

import csv
import io
import json
import mmap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from molgan.chem.formulas import escape_formula
from molgan.filters.settling import Originals, Outcome
from molgan.filters.stages.score_filters import sort_best_first

if TYPE_CHECKING:
    import pandas

REJECTED = ("id", "smiles", "stage", "reason", "line", "duplicate_of")
"""The columns of rejected.csv, without those of the file."""

_BLOCK = 5000
_FIELDS = 0  # no column of a library is called by a number


def format_rejected(
    outcomes: Sequence[Outcome], names: Sequence[str], originals: Originals, titles: Mapping[str, str]
) -> Iterator[bytes]:
    """The lines of rejected.csv, in the order of the input.

    `names`: the names of the stages, in order. `originals`: the lines of the molecules that duplicates equal. `titles`:
    the titles of the columns of the file, by their names."""
    yield _format_csv([map(escape_formula, [*REJECTED, *titles.values()])])
    for outcome in outcomes:
        ids, smiles, lines, fields = (outcome.chunk[name] for name in ("id", "source", "line", "fields"))
        matches = originals.match(outcome)
        rows: list[Iterable[object]] = []
        for row, number, reason in outcome.list_rejected(len(names)):
            cells = json.loads(fields[row])
            own = (ids[row], smiles[row], names[number], reason, lines[row], matches.get(row))
            rows.append(map(escape_formula, [*own, *(cells.get(name) for name in titles)]))
        yield _format_csv(rows)


class RankedLibrary:
    """The lines of library.csv, best first, each followed by the line and the other cells of the file. They are kept in
    a file in the order of the input; only the start of each line and its score are held in memory."""

    def __init__(
        self,
        outcomes: Sequence[Outcome],
        stages: int,
        path: Path,
        like: "pandas.DataFrame",
        titles: Mapping[str, str],
    ) -> None:
        """
        Args:
            outcomes: The judged chunks.
            stages: The number of stages.
            path: The file of the lines.
            like: An empty library table with the line as its last column, for columns and types.
            titles: The titles of the columns of the file, by their names.
        """
        self._path = path
        self._like = like
        self._titles = titles
        scores, lengths = [np.zeros(0)], [np.zeros(1, np.int64)]
        with path.open("wb") as file:
            for outcome in outcomes:
                passing = outcome.find_passing(stages)
                rows, places, fields = (outcome.read(name, passing) for name in ("row", "line", "fields"))
                lines = [
                    f"{row},{_format_csv([cells]).decode()}".encode()
                    for row, *cells in zip(rows, places, fields, strict=True)
                ]
                file.writelines(lines)
                lengths.append(np.array([len(line) for line in lines], np.int64))
                scores.append(np.array(outcome.read("score", passing), np.float64))
        self._ends = np.cumsum(np.concatenate(lengths))
        self._order = sort_best_first(np.concatenate(scores))

    def __len__(self) -> int:
        return len(self._order)

    def read_blocks(self) -> Iterator["pandas.DataFrame"]:
        """The table of the library, some thousand rows at a time; at least one table."""
        if not len(self):
            yield self._add_fields(self._like, [])
            return
        with self._path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as text:
            for start in range(0, len(self), _BLOCK):
                order = self._order[start : start + _BLOCK].tolist()
                lines = b"".join([text[self._ends[i] : self._ends[i + 1]] for i in order])
                yield self._make_table(lines, start)

    def _make_table(self, lines: bytes, before: int) -> "pandas.DataFrame":
        import pandas

        own = list(self._like.columns)
        table = pandas.read_csv(io.BytesIO(lines), names=[*own, _FIELDS], dtype=str, keep_default_na=False)
        fields = table.pop(_FIELDS)
        for name, kind in self._like.dtypes.items():
            if kind.kind == "f":
                table[name] = [float(text or "nan") for text in table[name]]
            elif kind.kind == "i":
                table[name] = table[name].astype(kind)
        table = table.assign(rank=np.arange(before + 1, before + len(table) + 1))
        return self._add_fields(table, fields)

    def _add_fields(self, table: "pandas.DataFrame", fields: Iterable[str]) -> "pandas.DataFrame":
        """The table with the other cells of each row behind its own columns."""
        import pandas

        cells = [json.loads(text) for text in fields]
        columns = {
            title: pandas.array([each.get(name) for each in cells], dtype="string")
            for name, title in self._titles.items()
        }
        return pandas.concat([table, pandas.DataFrame(columns, index=table.index)], axis=1)


def _format_csv(rows: Iterable[Iterable[object]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()
