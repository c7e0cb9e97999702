"""What a model is trained on: the measured molecules as they are, with synthetic ones, or with a simple remedy."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from molgan.models.qsar.boosting import Boosting, grow_boosting
from molgan.models.qsar.forest import Forest, grow_forest
from molgan.models.qsar.measurements import Measured
from molgan.models.qsar.networks import Ensemble
from molgan.models.qsar.settings import QSARTraining, Target
from molgan.training.augmentation.rarity import is_imbalanced, weigh_rows
from molgan.training.augmentation.synthetic import Synthesis

Floats = NDArray[np.float64]

PLAIN, SYNTHETIC, OVERSAMPLING, WEIGHTS, SMOTE = "as it is", "synthetic", "oversampling", "weights", "SMOTE"
INSTALL = "imbalanced-learn is not installed: pip install 'molgan[augment]'"
_NEIGHBOURS = 5  # between a molecule and one of them SMOTE puts a new row


@dataclass(frozen=True)
class TrainingRows:
    """What a model is trained on: features [n, columns], targets [n], and how much each row counts [n], alike where
    None."""

    features: NDArray[Any]
    target: Floats
    weight: Floats | None = None

    def add(self, features: NDArray[Any], target: Floats) -> TrainingRows:
        return TrainingRows(np.concatenate([self.features, features]), np.concatenate([self.target, target]))


@dataclass(frozen=True)
class Case:
    """A part to train on: its molecules, their features [n, columns], the synthetic molecules of it with those of their
    features [m, columns] that have labels, and a seed."""

    part: Measured
    features: NDArray[Any]
    synthesis: Synthesis
    synthetic: NDArray[Any]
    seed: int

    @property
    def plain(self) -> TrainingRows:
        return TrainingRows(self.features, self.part.target)


def add_synthetic(case: Case) -> TrainingRows | str:
    return case.plain.add(case.synthetic, case.synthesis.values)


def oversample(case: Case) -> TrainingRows | str:
    """As many rows again as synthetic molecules were wanted, drawn from those that synthetic ones are made of."""
    rng = np.random.default_rng([case.seed, 5])
    rows = rng.choice(len(case.features), size=case.synthesis.wanted, p=weigh_rows(case.part))
    return case.plain.add(case.features[rows], case.part.target[rows])


def weigh(case: Case) -> TrainingRows | str:
    """Both classes count alike in sum; of numbers, each tenth of their range that has any."""
    target = case.part.target
    if case.part.task == "regression":
        weight = weigh_rows(case.part) * len(target)
    else:
        share = target.mean()
        weight = np.where(target == 1, 0.5 / share, 0.5 / (1 - share))
    return TrainingRows(case.features, target, weight)


def smote(case: Case) -> TrainingRows | str:
    """As many rows as synthetic molecules were wanted, between the features of a molecule and of one like it: N. V.
    Chawla et al., J. Artif. Intell. Res. 16, 321 (2002), by imbalanced-learn."""
    if case.part.task == "regression":
        return "SMOTE is for classes"
    try:
        from imblearn.over_sampling import SMOTE as Sampler
    except ImportError:
        return INSTALL
    counts = np.bincount(case.part.target.astype(int), minlength=2)
    shares = weigh_rows(case.part)
    added = [round(case.synthesis.wanted * float(shares[case.part.target == each].sum())) for each in (0, 1)]
    if not is_imbalanced(case.part):
        added[1] = case.synthesis.wanted - added[0]
    fewest = min(int(count) for count, more in zip(counts, added, strict=True) if more)
    if fewest < 2:
        return "SMOTE needs two molecules of a class"
    wanted = {each: int(counts[each]) + added[each] for each in (0, 1)}
    sampler = Sampler(sampling_strategy=wanted, random_state=case.seed, k_neighbors=min(_NEIGHBOURS, fewest - 1))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that the common class is to have more than the rare one
        features, target = sampler.fit_resample(case.features, case.part.target.astype(int))
    return TrainingRows(features.astype(case.features.dtype), target.astype(np.float64))


REMEDIES: dict[str, Callable[[Case], TrainingRows | str]] = {
    PLAIN: lambda case: case.plain,
    SYNTHETIC: add_synthetic,
    OVERSAMPLING: oversample,
    WEIGHTS: weigh,
    SMOTE: smote,
}
"""What each model is trained on, by its name; or the reason why there is none."""


def fit_rows(rows: TrainingRows, training: QSARTraining, task: Target) -> Ensemble:
    """A forest or boosted trees trained on rows of features."""
    if training.kind == "forest":
        return Forest(grow_forest(rows.features, rows.target, training, task, rows.weight))
    members = range(training.members)
    grown = [grow_boosting(rows.features, rows.target, training, task, each, rows.weight) for each in members]
    return Boosting(grown, task)
