"""What becomes of each molecule of a stream, once all chunks have been judged."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from molgan.bulk.digest_set import Seen
from molgan.filters.filter import WholeFilter
from molgan.filters.funnel import Funnel
from molgan.filters.funnel_result import StageCount, kind
from molgan.filters.structure import DUPLICATE


@dataclass(frozen=True, slots=True)
class Part:
    """A chunk that was judged: the file of its table, and of each molecule the number of the stage that rejects it, as
    many as there are stages for none; `reasons` where that is a filter of the whole set."""

    path: Path
    stages: NDArray[np.int16]
    reasons: dict[int, str]

    @classmethod
    def of(cls, path: Path) -> "Part":
        return cls(path, column(path, "stage").astype(np.int16), {})

    def left(self, number: int) -> NDArray[np.intp]:
        """The rows that reach a stage."""
        return np.flatnonzero(self.stages >= number)

    def rejected(self, stages: int) -> Iterator[tuple[int, str, dict[str, Any]]]:
        """Stage, reason and row of the table of each molecule that one of so many stages rejects, in order."""
        table = read(self.path, ("id", "source", "line", "stage", "reason")).to_pylist()
        for row, (stage, cells) in enumerate(zip(self.stages.tolist(), table, strict=True)):
            if stage < stages:
                reason = cells["reason"] if cells["stage"] == stage else self.reasons.get(row, DUPLICATE)
                yield stage, reason, cells


def settle(parts: Sequence[Part], funnel: Funnel) -> None:
    """Write into the parts what stages reject that look at more than one molecule: memory grows by some 16 bytes with
    every molecule that reaches a `distinct`, by some 300 with every one that reaches a filter of the whole set."""
    for number, stage in enumerate(funnel.stages):
        if isinstance(stage.filter, WholeFilter):
            _settle_whole(parts, number, stage.filter)
        elif stage.filter.identities([]) is not None:
            _settle_equal(parts, number)


def counts(parts: Sequence[Part], funnel: Funnel) -> list[StageCount]:
    """The counts of the stages. The seconds are 0: in several processes they would say little."""
    size = len(funnel.stages)
    reasons: list[Counter[str]] = [Counter() for _ in range(size)]
    entering = sum(len(part.stages) for part in parts)
    for part in parts:
        for number, reason, _ in part.rejected(size):
            reasons[number][kind(reason)] += 1
    found = []
    for stage, why in zip(funnel.stages, reasons, strict=True):
        found.append(StageCount(stage.name, entering, entering - why.total(), 0.0, why))
        entering -= why.total()
    return found


def read(path: Path, columns: Sequence[str]) -> Any:
    """These columns of a part's table."""
    import pyarrow

    with pyarrow.OSFile(str(path)) as source:
        return pyarrow.ipc.open_stream(source).read_all().select(list(columns))


def column(path: Path, name: str) -> NDArray[Any]:
    return np.asarray(read(path, (name,))[name].to_numpy())


def _settle_equal(parts: Sequence[Part], number: int) -> None:
    seen = Seen()
    for part in parts:
        rows = part.left(number)
        digests = column(part.path, f"same_{number}")[rows]
        again = rows[~seen.add(np.array(digests.tolist(), "S16"))]
        part.stages[again] = number


def _settle_whole(parts: Sequence[Part], number: int, filter_: WholeFilter) -> None:
    shared: dict[bytes, bytes] = {}  # the same scaffold a million times takes the room of one
    features: list[bytes] = []
    values, places = [np.zeros(0)], []
    for part in parts:
        rows = part.left(number)
        features += [shared.setdefault(one, one) for one in column(part.path, f"features_{number}")[rows]]
        values.append(column(part.path, f"value_{number}").astype(np.float64)[rows])
        places.append(rows)
    if not features:
        return
    shared.clear()
    verdict = filter_.select(features, np.concatenate(values), _Canonical([part.path for part in parts], places))
    reasons = iter(verdict[1])
    for part, rows in zip(parts, places, strict=True):
        for row in rows.tolist():
            reason = next(reasons)
            if reason is not None:
                part.stages[row] = number
                part.reasons[row] = reason


class _Canonical(Sequence[str]):
    """The canonical SMILES of some rows of parts, read when asked for."""

    def __init__(self, paths: Sequence[Path], rows: Sequence[NDArray[np.intp]]) -> None:
        self._paths = paths
        self._rows = rows
        self._ends = np.cumsum([len(each) for each in rows])

    def __len__(self) -> int:
        return int(self._ends[-1]) if len(self._ends) else 0

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[str]: ...
    def __getitem__(self, index: int | slice) -> str | Sequence[str]:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        part = int(np.searchsorted(self._ends, index, side="right"))
        row = self._rows[part][index - self._ends[part] + len(self._rows[part])]
        return str(_smiles(self._paths[part])[row])


@lru_cache(maxsize=64)
def _smiles(path: Path) -> NDArray[Any]:
    return column(path, "smiles")
