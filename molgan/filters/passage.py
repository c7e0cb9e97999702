"""Pass molecules through a funnel chunk by chunk, and count those that pass so far."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from molgan.chem.molecule import Molecule, parse, parse_all
from molgan.filters.filter import Filter, WholeFilter
from molgan.filters.funnel_result import FunnelResult, Rejection
from molgan.filters.judging import JudgedChunk, Lot, Scoring
from molgan.filters.settling import Originals, Outcome, count_stages, settle
from molgan.filters.shared_descriptors import SHARED

if TYPE_CHECKING:
    import pandas

Item = Molecule | str | None


class Passage:
    """Judges each molecule by itself when it comes, and compares it with the others when the result is asked for.

    Only the SMILES and the compared features of a molecule are kept in memory.
    """

    def __init__(self, names: Sequence[str], filters: Sequence[Filter]) -> None:
        """`names` and `filters` are those of the stages, in order."""
        self._names = names
        self._filters = filters
        self._first_whole = next((i for i, each in enumerate(filters) if isinstance(each, WholeFilter)), len(filters))
        self._chunks: list[JudgedChunk] = []
        self._count = 0
        self._seconds = np.zeros(len(filters))
        self._outcomes: list[Outcome] | None = None

    def add(self, items: Sequence[Item], table: "pandas.DataFrame | Scoring | None" = None) -> None:
        """Judge the next molecules. `table` has their scores, one row each, or computes them for those that get so far.

        Raises ConfigError when `table` lacks a column that a filter reads.
        """
        self._outcomes = None
        for start in range(0, len(items), SHARED):
            few = slice(start, start + SHARED)
            molecules = [item if isinstance(item, Molecule) else parse(item) for item in items[few]]
            lot = Lot(molecules, table if table is None or callable(table) else table.iloc[few])
            rows = range(self._count, self._count + len(molecules))
            self._chunks.append({"index": rows, **lot.judge(self._filters)})
            self._count += len(molecules)
            self._seconds += lot.seconds

    def count_passing(self, target: int = 0) -> int:
        """The number of molecules that pass every filter so far. Below `target` it may be an upper bound: the number
        that reach the first filter of the whole set, which is then not run."""
        outcomes, _ = settle(self._chunks, self._filters[: self._first_whole])
        reaching = sum(len(outcome.find_passing(self._first_whole)) for outcome in outcomes)
        if reaching < target or self._first_whole == len(self._filters):
            return reaching
        return sum(len(outcome.find_passing(len(self._filters))) for outcome in self._settle())

    def collect_result(self) -> FunnelResult:
        """The result for all molecules so far; indices count over all of them."""
        kept: list[int] = []
        rejected: list[Rejection] = []
        outcomes = self._settle()
        originals = Originals(outcomes, self._filters, "index")
        for outcome in outcomes:
            source, index = outcome.chunk["source"], outcome.chunk["index"]
            kept += outcome.read("index", outcome.find_passing(len(self._filters)))
            matches = originals.match(outcome)
            rejected += [
                Rejection(index[row], source[row], self._names[number], reason, matches.get(row))
                for row, number, reason in outcome.list_rejected(len(self._filters))
            ]
        return FunnelResult(kept, rejected, count_stages(outcomes, self._names, self._seconds.tolist()))

    def parse_passing(self) -> list[Molecule]:
        """The molecules that pass every filter, in order."""
        return parse_all(
            smiles
            for outcome in self._settle()
            for smiles in outcome.read("source", outcome.find_passing(len(self._filters)))
        )

    def _settle(self) -> list[Outcome]:
        if self._outcomes is None:
            self._outcomes, seconds = settle(self._chunks, self._filters)
            self._seconds += seconds
        return self._outcomes
