"""Limits on properties, for the rules and the property filter."""

from collections.abc import Callable, Mapping, Sequence

from pydantic import Field, model_validator
from rdkit import Chem

from molgan.base.settings import Settings
from molgan.chem.molecule import Molecule
from molgan.filters.filter import Verdict, decide
from molgan.filters.shared_descriptors import make_batch
from molgan.scoring.base import Scorer
from molgan.scoring.batch import Batch


class Range(Settings):
    """The range from `min` to `max`, both included; a side left out has no limit."""

    min: float | None = Field(default=None, description="Smallest value, included")
    max: float | None = Field(default=None, description="Largest value, included")

    @model_validator(mode="after")
    def _check_order(self) -> "Range":
        if self.min is None and self.max is None:
            raise ValueError("give min, max or both")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError(f"min {self.min:g} is above max {self.max:g}")
        return self

    def find_violation(self, name: str, value: float) -> str | None:
        """The reason why `value` is outside the range; None when it is inside."""
        if self.min is not None and value < self.min:
            return f"{name} below {self.min:g}: {value:.4g}"
        if self.max is not None and value > self.max:
            return f"{name} above {self.max:g}: {value:.4g}"
        return None


Property = Scorer | Callable[[Chem.Mol], float]


def check_limits(
    molecules: Sequence[Molecule], limits: Mapping[str, tuple[Property, Range]], *, violations: int = 0
) -> Verdict:
    """Keep the valid molecules that break at most `violations` limits. The reason names all broken limits.

    `limits`: by name, the function that computes a property and the range of its raw value. A molecule is rejected if
    a property cannot be computed.
    """
    batch = make_batch(molecules)
    failed: list[list[str]] = [[] for _ in molecules]
    broken: list[list[str]] = [[] for _ in molecules]
    for name, (compute, span) in limits.items():
        for i, (value, error) in enumerate(zip(*_compute(compute, batch), strict=True)):
            if error is not None:
                failed[i].append(f"no {name}: {error}")
            elif violation := span.find_violation(name, value):
                broken[i].append(violation)
    return decide(
        [
            "; ".join(no_value + beyond) if no_value or len(beyond) > violations else None
            for no_value, beyond in zip(failed, broken, strict=True)
        ]
    )


def _compute(compute: Property, batch: Batch) -> tuple[list[float], list[str | None]]:
    """The values of all molecules, and the errors."""
    if isinstance(compute, Scorer):
        scores = compute(batch)
        return scores.values.tolist(), scores.errors
    values = [float(compute(molecule.mol)) for molecule in batch.distinct]
    return [values[place] for place in batch.place.tolist()], [None] * len(batch.molecules)
