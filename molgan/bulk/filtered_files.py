"""Writes the files of a filtered stream from its chunks, a block at a time."""

import csv
import io
import mmap
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from molgan.filters.settling import Outcome
from molgan.filters.stages.score_filters import sort_best_first

if TYPE_CHECKING:
    import pandas

_BLOCK = 5000


def format_rejected(outcomes: Sequence[Outcome], names: Sequence[str]) -> Iterator[bytes]:
    """The lines of rejected.csv, in the order of the input. `names`: the names of the stages, in order."""
    yield _format_csv([("id", "smiles", "stage", "reason", "line")])
    for outcome in outcomes:
        ids, smiles, lines = (outcome.chunk[name] for name in ("id", "source", "line"))
        yield _format_csv(
            [
                (ids[row], smiles[row], names[number], reason, lines[row])
                for row, number, reason in outcome.list_rejected(len(names))
            ]
        )


class RankedLibrary:
    """The lines of library.csv, best first. They are kept in a file in the order of the input; only the start of each
    line and its score are held in memory."""

    def __init__(self, outcomes: Sequence[Outcome], stages: int, path: Path, like: "pandas.DataFrame") -> None:
        """`stages`: the number of stages. `path`: the file of the lines. `like`: an empty library table, for its
        columns and types."""
        self._path = path
        self._like = like
        scores, lengths = [np.zeros(0)], [np.zeros(1, np.int64)]
        with path.open("wb") as file:
            for outcome in outcomes:
                passing = outcome.find_passing(stages)
                lines = [line.encode() + b"\n" for line in outcome.read("row", passing)]
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
            yield self._like
            return
        with self._path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as text:
            for start in range(0, len(self), _BLOCK):
                order = self._order[start : start + _BLOCK].tolist()
                lines = b"".join([text[self._ends[i] : self._ends[i + 1]] for i in order])
                yield self._make_table(lines, start)

    def _make_table(self, lines: bytes, before: int) -> "pandas.DataFrame":
        import pandas

        names = list(self._like.columns)
        table = pandas.read_csv(io.BytesIO(lines), names=names, dtype=str, keep_default_na=False)
        for name, kind in self._like.dtypes.items():
            if kind.kind == "f":
                table[name] = [float(text or "nan") for text in table[name]]
        return table.assign(rank=np.arange(before + 1, before + len(table) + 1))


def _format_csv(rows: Sequence[Sequence[object]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()
