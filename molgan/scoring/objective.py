"""What a good molecule is: scorers, transforms, and how their values become one."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from operator import add
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from molgan.chem.molecule import Molecule
from molgan.scoring.aggregation import aggregated
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
    name), `total` what they come to (0..1), `errors` a reason for each row with a NaN, `counts` a component's work.
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
    missing: str

    @classmethod
    def of(cls, settings: ComponentSettings) -> "_Component":
        scorer = get_scorer(settings.scorer, **settings.parameters)
        transform = scorer.default_transform if settings.transform is None else get_transform(settings.transform)
        return cls(settings.name, settings.weight, scorer, transform, settings.missing)

    def transformed(self, raw: Floats, batch: Batch) -> Floats:
        """How good the raw values are; NaN for what failed, or 0 when a missing value counts as the worst."""
        values = self.transform(raw)
        return np.where(np.isnan(values) & (batch.place >= 0), 0.0, values) if self.missing == "worst" else values


class Objective:
    """Scores SMILES by settings. It keeps no state of its own, pickles as its settings, and is cheap to build."""

    def __init__(self, settings: ObjectiveSettings) -> None:
        self.settings = settings
        self._components = [_Component.of(component) for component in settings.components]

    def __reduce__(self) -> tuple[type["Objective"], tuple[ObjectiveSettings]]:
        return Objective, (self.settings,)

    def __call__(self, smiles: Sequence[str | Molecule | None]) -> ScoreTable:
        """Score each; what fails is NaN with a reason. Raises InputError for a single string."""
        return self.totalled(_joined([self._table(batch) for batch in chunks(smiles)]))

    def totalled(self, table: ScoreTable) -> ScoreTable:
        """The table with the totals of its rows, which follow from the transformed values; a Pareto rank needs all."""
        counted = [component for component in self._components if component.weight > 0]
        weights = np.array([component.weight for component in counted])
        values = np.stack([table.transformed[component.name] for component in counted])
        ignored = np.array([component.missing == "ignore" for component in counted])
        return replace(table, total=aggregated(self.settings.aggregation, values, weights, ignored))

    def _table(self, batch: Batch) -> ScoreTable:
        scores = {component.name: component.scorer(batch) for component in self._components}
        return ScoreTable(
            smiles=[molecule.source or None for molecule in batch.molecules],
            raw={name: score.values for name, score in scores.items()},
            transformed={c.name: c.transformed(scores[c.name].values, batch) for c in self._components},
            notes={name: score.notes for name, score in scores.items()},
            total=np.full(len(batch.molecules), np.nan),
            errors=list(merged_errors(batch, scores)),
            counts={name: score.counts for name, score in scores.items()},
        )

    def reward(self, smiles: Sequence[str | None]) -> Floats:
        """The total, 0..1: all that training sees of scoring."""
        # The one place where a failure becomes 0: a policy needs a number for what it made, and broken is worst.
        return np.nan_to_num(self(smiles).total, nan=0.0)


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
