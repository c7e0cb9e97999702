"""What is rare in measured molecules: which are drawn from, how often, and how many synthetic ones are wanted."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from molgan.models.qsar.measurements import Measured
from molgan.training.augmentation.settings import AugmentSettings

Floats = NDArray[np.float64]

IMBALANCED = 1 / 3
"""A class with a smaller share of the molecules is drawn from alone."""

_FOR_EACH = 4  # synthetic molecules for each of a rare class
_BINS = 10  # of the range of numbers, within which they are about equally rare


def find_rare_class(measured: Measured) -> float | None:
    """The class with the smaller share, class 1 where they are equal; None for numbers."""
    if measured.task == "regression":
        return None
    return 1.0 if measured.target.mean() <= 0.5 else 0.0


def find_rare(measured: Measured) -> NDArray[np.bool_] | None:
    """The molecules [n] of the rarer class; None for numbers."""
    rare = find_rare_class(measured)
    return None if rare is None else measured.target == rare


def is_imbalanced(measured: Measured) -> bool:
    """Whether one class is rare."""
    rare = find_rare(measured)
    return rare is not None and float(rare.mean()) < IMBALANCED


def weigh_rows(measured: Measured) -> Floats:
    """How often each molecule [n] is drawn from, in sum 1: those of a rare class alike and no others; of a balanced set
    all alike; of numbers, so that each tenth of their range has the same share (of the tenths that have any)."""
    rare = find_rare(measured)
    if rare is None:
        edges = np.linspace(measured.target.min(), measured.target.max(), _BINS + 1)
        place = np.clip(np.digitize(measured.target, edges) - 1, 0, _BINS - 1)
        weights = 1 / np.bincount(place, minlength=_BINS)[place]
    else:
        weights = rare.astype(np.float64) if is_imbalanced(measured) else np.ones(len(rare))
    return np.asarray(weights / weights.sum())


def count_wanted(measured: Measured, settings: AugmentSettings, share: float = 1.0) -> int:
    """How many synthetic molecules are wanted: the number asked for, of which a part of the data gets its `share`; else
    four for each molecule of a rare class, as many as balance the classes at most; else one for each molecule."""
    if settings.number is not None:
        return max(1, round(settings.number * share))
    rare = find_rare(measured)
    if rare is None or not is_imbalanced(measured):
        return len(measured.smiles)
    few = int(rare.sum())
    return max(1, min(_FOR_EACH * few, len(rare) - 2 * few))
