"""What a funnel found: what is kept, what is rejected and why, and counts that reconcile."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from molgan.filters.score_filters import best_first


@dataclass(frozen=True, slots=True)
class Rejection:
    """`index` counts the inputs from 0, `smiles` is the text as given, `reason` is never empty."""

    index: int
    smiles: str
    stage: str
    reason: str


@dataclass(frozen=True, slots=True)
class StageCount:
    """How many molecules entered a stage, how many it kept, and how long it took.

    `reasons` counts the rejected by the `kind` of their reason.
    """

    stage: str
    entered: int = 0
    kept: int = 0
    seconds: float = 0.0
    reasons: Counter[str] = field(default_factory=Counter)

    def __add__(self, other: "StageCount") -> "StageCount":
        """The counts of the same stage over two lots of molecules."""
        return StageCount(
            self.stage,
            self.entered + other.entered,
            self.kept + other.kept,
            self.seconds + other.seconds,
            self.reasons + other.reasons,
        )

    def as_dict(self) -> dict[str, Any]:
        """For JSON; the commonest reasons first."""
        return {
            "stage": self.stage,
            "entered": self.entered,
            "kept": self.kept,
            "seconds": round(self.seconds, 3),
            "reasons": dict(self.reasons.most_common()),
        }


def kind(reason: str) -> str:
    """What a reason is counted by: the first thing that it names, without the details behind its colon."""
    return reason.partition(":")[0].partition(";")[0]


@dataclass(frozen=True, slots=True)
class FunnelResult:
    """`kept`: indices into the input, ascending. `rejected`: one for every other input, ascending. `counts`: one for
    each stage, in order."""

    kept: list[int]
    rejected: list[Rejection]
    counts: list[StageCount]

    @classmethod
    def merged(cls, parts: Iterable["FunnelResult"]) -> "FunnelResult":
        """The result of all parts of a stream together. Raises AssertionError when the counts do not reconcile."""
        kept: list[int] = []
        rejected: list[Rejection] = []
        counts: dict[str, StageCount] = {}
        for part in parts:
            kept += part.kept
            rejected += part.rejected
            for count in part.counts:
                counts[count.stage] = counts.get(count.stage, StageCount(count.stage)) + count
        whole = cls(sorted(kept), sorted(rejected, key=lambda one: one.index), list(counts.values()))
        whole.reconcile()
        return whole

    def reconcile(self) -> None:
        """Raises AssertionError unless every input is kept or rejected once and each stage passes on what it kept."""
        entered = len(self.kept) + len(self.rejected)
        assert len({*self.kept, *(one.index for one in self.rejected)}) == entered, "a molecule was counted twice"
        rejections = Counter(one.stage for one in self.rejected)
        for count in self.counts:
            assert count.entered == entered, f"{count.entered} entered {count.stage}, {entered} came"
            assert count.entered - count.kept == rejections[count.stage] == count.reasons.total(), count.stage
            entered = count.kept
        assert entered == len(self.kept), f"{entered} left the last stage, {len(self.kept)} are kept"

    @property
    def narrowest(self) -> StageCount | None:
        """The stage that keeps the smallest share of what enters it; None when nothing entered any."""
        return min((count for count in self.counts if count.entered), key=lambda c: c.kept / c.entered, default=None)

    def ranked(self, scores: Sequence[float] | np.ndarray) -> list[int]:
        """The kept indices, best first, by a score of each input (high is good, NaN comes last, the earlier first)."""
        values = np.asarray(scores, np.float64)[self.kept]
        return [self.kept[i] for i in best_first(values)]
