"""Complete the judgement of a stream: the filters that compare molecules run once all chunks are judged.

Each molecule that reaches a filter of equal molecules takes about 16 bytes of memory, each that reaches a filter of the
whole set about 300.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache
from time import perf_counter
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from molgan.filters.digest_set import DigestSet
from molgan.filters.filter import DUPLICATE, NO_REASON, Filter, IdentityFilter, WholeFilter
from molgan.filters.funnel_result import StageCount, get_kind
from molgan.filters.judging import JudgedChunk

Rows = NDArray[np.intp]


class Outcome:
    """The outcome of a chunk. `stages` int16 [n] is the number of the filter that rejects each molecule; the number of
    filters for a molecule that none rejects."""

    def __init__(self, chunk: JudgedChunk) -> None:
        self.chunk = chunk
        self.stages: NDArray[np.int16] = np.array(chunk["stage"], np.int16)
        self._reasons: dict[int, str] = {}  # without duplicates: they may be many, all with the same reason

    def find_compared(self, number: int) -> Rows:
        """The rows that a filter compares: valid molecules that no earlier filter has rejected."""
        return np.flatnonzero(self.stages > number)

    def find_passing(self, number: int) -> Rows:
        """The rows that reach a filter; with the number of filters, the rows that all filters keep."""
        return np.flatnonzero(self.stages >= number)

    def read(self, name: str, rows: Rows) -> list[Any]:
        """The values of a column in these rows."""
        values: list[Any] = np.asarray(self.chunk[name], object)[rows].tolist()
        return values

    def reject_duplicates(self, number: int, rows: Rows) -> None:
        self.stages[rows] = number

    def reject(self, number: int, rows: Rows, reasons: Sequence[str | None]) -> None:
        """Reject the rows that have a reason."""
        for row, reason in zip(rows.tolist(), reasons, strict=True):
            if reason is not None:
                self.stages[row] = number
                self._reasons[row] = reason

    def list_rejected(self, filters: int) -> Iterator[tuple[int, int, str]]:
        """The row, the number of the filter and the reason of each rejected molecule, in order; `filters` is the number
        of filters."""
        alone = zip(self.chunk["stage"], self.chunk["reason"], strict=True)
        for row, (stage, (first, reason)) in enumerate(zip(self.stages.tolist(), alone, strict=True)):
            if stage < filters:
                yield row, stage, reason if first == stage else self._reasons.get(row, DUPLICATE)


def settle(chunks: Sequence[JudgedChunk], filters: Sequence[Filter]) -> tuple[list[Outcome], list[float]]:
    """The outcome of each chunk, and the seconds that the comparisons of each filter took. Chunks may have been judged
    by more filters; those after the last of `filters` are ignored."""
    outcomes, seconds = [Outcome(chunk) for chunk in chunks], []
    for number, filter_ in enumerate(filters):
        began = perf_counter()
        if isinstance(filter_, IdentityFilter):
            _settle_equal(outcomes, number)
        elif isinstance(filter_, WholeFilter):
            _settle_whole(outcomes, number, filter_)
        seconds.append(perf_counter() - began)
    return outcomes, seconds


class Originals:
    """The molecules that duplicates equal. Memory grows by 16 bytes with every duplicate."""

    def __init__(self, outcomes: Sequence[Outcome], filters: Sequence[Filter], column: str) -> None:
        """`column`: the one of the chunks that tells molecules apart, by whole numbers: the line of each, say."""
        self._found = {
            number: _find_originals(outcomes, number, column)
            for number, filter_ in enumerate(filters)
            if isinstance(filter_, IdentityFilter)
        }

    def match(self, outcome: Outcome) -> dict[int, int]:
        """What `column` has for the original of each duplicate of a chunk, by the duplicate's row."""
        matches: dict[int, int] = {}
        for number, (digests, places) in self._found.items():
            rows = _find_duplicates(outcome, number)
            found = places[np.searchsorted(digests, np.array(outcome.read(f"same_{number}", rows), "S16"))]
            matches |= zip(rows.tolist(), found.tolist(), strict=True)
        return matches


def _find_originals(
    outcomes: Sequence[Outcome], number: int, column: str
) -> tuple[NDArray[np.bytes_], NDArray[np.int64]]:
    """The digests that a filter for equal molecules has rejected, ascending, and where the first of each is."""
    parts = [np.zeros(0, "S16")]
    for outcome in outcomes:
        parts.append(np.array(outcome.read(f"same_{number}", _find_duplicates(outcome, number)), "S16"))
    digests = np.unique(np.concatenate(parts))
    places = np.zeros(len(digests), np.int64)
    for outcome in outcomes if len(digests) else ():
        rows = outcome.find_compared(number)
        kept = np.array(outcome.read(f"same_{number}", rows), "S16")
        position = np.minimum(np.searchsorted(digests, kept), len(digests) - 1)
        match = digests[position] == kept
        places[position[match]] = outcome.read(column, rows[match])
    return digests, places


def _find_duplicates(outcome: Outcome, number: int) -> Rows:
    """The rows that a filter for equal molecules has rejected for what they equal."""
    return np.flatnonzero((outcome.stages == number) & (np.array(outcome.chunk["stage"]) > number))


def count_stages(outcomes: Sequence[Outcome], names: Sequence[str], seconds: Sequence[float]) -> list[StageCount]:
    """The counts of the stages of these names, in order; `seconds` is the time of each."""
    kinds: list[Counter[str]] = [Counter() for _ in names]
    entering = sum(len(outcome.stages) for outcome in outcomes)
    for outcome in outcomes:
        for _, number, reason in outcome.list_rejected(len(names)):
            kinds[number][get_kind(reason)] += 1
    counts = []
    for name, reasons, duration in zip(names, kinds, seconds, strict=True):
        counts.append(StageCount(name, entering, entering - reasons.total(), duration, reasons))
        entering -= reasons.total()
    return counts


def _settle_equal(outcomes: Sequence[Outcome], number: int) -> None:
    seen = DigestSet()
    for outcome in outcomes:
        rows = outcome.find_compared(number)
        outcome.reject_duplicates(number, rows[~seen.add(outcome.read(f"same_{number}", rows))])


def _settle_whole(outcomes: Sequence[Outcome], number: int, filter_: WholeFilter) -> None:
    shared: dict[bytes, bytes] = {}  # the same scaffold a million times takes the room of one
    features: list[bytes] = []
    values = [np.zeros(0)]
    compared = [outcome.find_compared(number) for outcome in outcomes]
    for outcome, rows in zip(outcomes, compared, strict=True):
        features += [shared.setdefault(each, each) for each in outcome.read(f"features_{number}", rows)]
        values.append(np.array(outcome.read(f"value_{number}", rows), np.float64))
    if not features:
        return
    shared.clear()
    kept, reasons = filter_.select(features, np.concatenate(values), _ComparedSmiles(outcomes, compared))
    reasons = [None if keep else why or NO_REASON for keep, why in zip(kept, reasons, strict=True)]
    start = 0
    for outcome, rows in zip(outcomes, compared, strict=True):
        outcome.reject(number, rows, reasons[start : start + len(rows)])
        start += len(rows)


class _ComparedSmiles(Sequence[str]):
    """The canonical SMILES of some rows of each chunk, read when asked for."""

    def __init__(self, outcomes: Sequence[Outcome], rows: Sequence[Rows]) -> None:
        self._rows = rows
        self._ends = np.cumsum([len(each) for each in rows])
        self._read = lru_cache(maxsize=64)(lambda position: outcomes[position].chunk["smiles"])

    def __len__(self) -> int:
        return int(self._ends[-1]) if len(self._ends) else 0

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[str]: ...
    def __getitem__(self, index: int | slice) -> str | Sequence[str]:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        position = int(np.searchsorted(self._ends, index, side="right"))
        row = self._rows[position][index - self._ends[position] + len(self._rows[position])]
        return str(self._read(position)[row])
