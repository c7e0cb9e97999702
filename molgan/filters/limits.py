"""Limits on properties, as the rules and the property filter judge by."""

from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import Field, model_validator

from molgan.base.settings import Settings
from molgan.chem.molecule import Molecule
from molgan.filters.filter import Verdict, kept_without
from molgan.filters.shared_descriptors import batch
from molgan.scoring.base import Scorer


class Range(Settings):
    """From `min` to `max`, both included; a side left out has no limit."""

    min: float | None = Field(default=None, allow_inf_nan=False, description="Smallest value, included")
    max: float | None = Field(default=None, allow_inf_nan=False, description="Largest value, included")

    @model_validator(mode="after")
    def _ordered(self) -> "Range":
        if self.min is None and self.max is None:
            raise ValueError("give min, max or both")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError(f"min {self.min:g} is above max {self.max:g}")
        return self

    def violation(self, name: str, value: float) -> str | None:
        """Why `value` is outside; None when it is inside."""
        if self.min is not None and value < self.min:
            return f"{name} below {self.min:g}: {value:.4g}"
        if self.max is not None and value > self.max:
            return f"{name} above {self.max:g}: {value:.4g}"
        return None


@dataclass(frozen=True, slots=True)
class Limit:
    """A range for the raw value of a scorer."""

    scorer: Scorer
    range: Range


def within(molecules: Sequence[Molecule], limits: Sequence[Limit], *, violations: int = 0) -> Verdict:
    """Keeps molecules that break at most `violations` limits. The reason names all that are broken.

    A property that cannot be computed is a rejection of its own.
    """
    described = batch(molecules)
    failed: list[list[str]] = [[] for _ in molecules]
    broken: list[list[str]] = [[] for _ in molecules]
    for limit in limits:
        scores = limit.scorer(described)
        for i, (value, error) in enumerate(zip(scores.values.tolist(), scores.errors, strict=True)):
            if error is not None:
                failed[i].append(f"no {limit.scorer.name}: {error}")
            elif violation := limit.range.violation(limit.scorer.name, value):
                broken[i].append(violation)
    reasons = [
        "; ".join(no_value + beyond) if no_value or len(beyond) > violations else None
        for no_value, beyond in zip(failed, broken, strict=True)
    ]
    return kept_without(reasons), reasons
