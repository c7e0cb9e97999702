"""The result of a funnel: the molecules kept, those rejected with their reasons, and counts that reconcile."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Rejection:
    """`index` counts the inputs from 0, `smiles` is the text as given, `reason` is never empty. `duplicate_of` is the
    index of the molecule that a duplicate equals, None for what is rejected for another reason."""

    index: int
    smiles: str
    stage: str
    reason: str
    duplicate_of: int | None = None


@dataclass(frozen=True, slots=True)
class StageCount:
    """The numbers of molecules that entered a stage and that it kept, and its time in seconds.

    `reasons` counts the rejected molecules by the kind of their reason.
    """

    stage: str
    entered: int = 0
    kept: int = 0
    seconds: float = 0.0
    reasons: Counter[str] = field(default_factory=Counter)

    def as_dict(self) -> dict[str, Any]:
        """The counts as JSON values, the most common reasons first."""
        return {
            "stage": self.stage,
            "entered": self.entered,
            "kept": self.kept,
            "seconds": round(self.seconds, 3),
            "reasons": dict(self.reasons.most_common()),
        }


def get_kind(reason: str) -> str:
    """The kind of a reason, by which it is counted: its first part, without the details behind the colon."""
    return reason.partition(":")[0].partition(";")[0]


@dataclass(frozen=True, slots=True)
class FunnelResult:
    """`kept`: indices into the input, ascending. `rejected`: one for every other input, ascending. `counts`: one for
    each stage, in order."""

    kept: list[int]
    rejected: list[Rejection]
    counts: list[StageCount]

    @property
    def narrowest(self) -> StageCount | None:
        """The stage that keeps the smallest share of its molecules; None when no molecule entered any stage."""
        return min((count for count in self.counts if count.entered), key=lambda c: c.kept / c.entered, default=None)
