"""What a funnel found: what is kept, what is rejected and why, and counts that reconcile."""

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
    """How many molecules entered a stage, how many it kept, and how long it took.

    `reasons` counts the rejected by the kind of their reason.
    """

    stage: str
    entered: int = 0
    kept: int = 0
    seconds: float = 0.0
    reasons: Counter[str] = field(default_factory=Counter)

    def as_dict(self) -> dict[str, Any]:
        """For JSON; the commonest reasons first."""
        return {
            "stage": self.stage,
            "entered": self.entered,
            "kept": self.kept,
            "seconds": round(self.seconds, 3),
            "reasons": dict(self.reasons.most_common()),
        }


def get_kind(reason: str) -> str:
    """What a reason is counted by: the first thing that it names, without the details behind its colon."""
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
        """The stage that keeps the smallest share of what enters it; None when nothing entered any."""
        return min((count for count in self.counts if count.entered), key=lambda c: c.kept / c.entered, default=None)
