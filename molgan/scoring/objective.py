"""What a good molecule is: scorers, transforms and a weighted mean."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import add
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from molgan.chem.molecule import Molecule
from molgan.scoring.base import Counts, Scorer, Scores
from molgan.scoring.batch import Batch, chunks
from molgan.scoring.registry import get_scorer
from molgan.scoring.settings import ComponentSettings, ObjectiveSettings
from molgan.scoring.transforms import Transform, get_transform

if TYPE_CHECKING:
    import pandas

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ScoreTable:
    """One row an input, in order. Arrays are float64 [n] with NaN for what failed.

    `raw` and `transformed` (0..1) hold a column a component, `notes` what a scorer says about a value (an alert's
    name), `total` the weighted mean (0..1), `errors` a reason for each row with a NaN, `counts` a component's work.
    """

    smiles: list[str | None]
    raw: dict[str, Floats]
    transformed: dict[str, Floats]
    notes: dict[str, list[str | None]]
    total: Floats
    errors: list[str | None]
    counts: dict[str, Counts]

    def __len__(self) -> int:
        return len(self.smiles)

    def to_frame(self) -> "pandas.DataFrame":
        """Columns `smiles`, `score` (the total), each component's raw `qed` and transformed `qed_score`, `error`."""
        import pandas

        columns: dict[str, object] = {"smiles": pandas.Series(self.smiles, dtype=object), "score": self.total}
        columns |= self.raw
        columns |= {f"{name}_score": values for name, values in self.transformed.items()}
        columns["error"] = pandas.Series(self.errors, dtype=object)
        return pandas.DataFrame(columns)


@dataclass(frozen=True, slots=True)
class _Component:
    name: str
    weight: float
    scorer: Scorer
    transform: Transform

    @classmethod
    def of(cls, settings: ComponentSettings) -> "_Component":
        scorer = get_scorer(settings.scorer, **settings.parameters)
        transform = scorer.default_transform if settings.transform is None else get_transform(settings.transform)
        return cls(settings.name, settings.weight, scorer, transform)


class Objective:
    """Scores SMILES by settings. It keeps no state of its own, pickles as its settings, and is cheap to build."""

    def __init__(self, settings: ObjectiveSettings) -> None:
        self.settings = settings
        self._components = [_Component.of(component) for component in settings.components]

    def __reduce__(self) -> tuple[type["Objective"], tuple[ObjectiveSettings]]:
        return Objective, (self.settings,)

    def __call__(self, smiles: Sequence[str | Molecule | None]) -> ScoreTable:
        """Score each; what fails is NaN with a reason. Raises InputError for a single string."""
        return _joined([self._table(batch) for batch in chunks(smiles)])

    def _table(self, batch: Batch) -> ScoreTable:
        scores = {component.name: component.scorer(batch) for component in self._components}
        transformed = {c.name: c.transform(scores[c.name].values) for c in self._components}
        return ScoreTable(
            smiles=[molecule.source or None for molecule in batch.molecules],
            raw={name: score.values for name, score in scores.items()},
            transformed=transformed,
            notes={name: score.notes for name, score in scores.items()},
            total=self._total(transformed),
            errors=list(merged_errors(batch, scores)),
            counts={name: score.counts for name, score in scores.items()},
        )

    def reward(self, smiles: Sequence[str | None]) -> Floats:
        """The total, 0..1: all that training sees of scoring."""
        # The one place where a failure becomes 0: a policy needs a number for what it made, and broken is worst.
        return np.nan_to_num(self(smiles).total, nan=0.0)

    def _total(self, transformed: dict[str, Floats]) -> Floats:
        counted = [component for component in self._components if component.weight > 0]
        weights = np.array([component.weight for component in counted])
        values = np.stack([transformed[component.name] for component in counted])
        mean = geometric_mean if self.settings.aggregation == "geometric_mean" else arithmetic_mean
        return mean(values, weights)


def arithmetic_mean(values: Floats, weights: Floats) -> Floats:
    """Weighted mean over the first axis, [components, n] -> [n]; NaN where a component is NaN."""
    return np.asarray(weights @ values / weights.sum())


def geometric_mean(values: Floats, weights: Floats) -> Floats:
    """Weighted geometric mean over the first axis, [components, n] -> [n]: 0 where a component is 0, NaN where NaN."""
    with np.errstate(divide="ignore"):
        return np.asarray(np.exp(weights @ np.log(values) / weights.sum()))


def _joined(parts: list[ScoreTable]) -> ScoreTable:
    """One table of the rows of several."""
    if len(parts) == 1:
        return parts[0]
    names = list(parts[0].raw)
    return ScoreTable(
        smiles=[text for part in parts for text in part.smiles],
        raw={name: np.concatenate([part.raw[name] for part in parts]) for name in names},
        transformed={name: np.concatenate([part.transformed[name] for part in parts]) for name in names},
        notes={name: [note for part in parts for note in part.notes[name]] for name in names},
        total=np.concatenate([part.total for part in parts]),
        errors=[error for part in parts for error in part.errors],
        counts={name: reduce(add, [part.counts[name] for part in parts]) for name in names},
    )


def merged_errors(batch: Batch, scores: dict[str, Scores]) -> Iterator[str | None]:
    """A reason a row: why it is no molecule, or which scorers failed and why; None when all went well."""
    failing = {name: score.errors for name, score in scores.items() if score.counts.failed}
    for i, molecule in enumerate(batch.molecules):
        if molecule.reason is not None:
            yield molecule.reason
        else:
            yield "; ".join(f"{name}: {errors[i]}" for name, errors in failing.items() if errors[i]) or None
