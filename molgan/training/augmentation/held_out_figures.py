"""How good predictions of held-out molecules are, and whether their uncertainty is right."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from molgan.models.qsar.fitting import measure_classification, measure_regression
from molgan.models.qsar.settings import Target

Floats = NDArray[np.float64]

HIGH_IS_GOOD = {"ROC-AUC": True, "PR-AUC": True, "Brier": False, "ECE": False}
HIGH_IS_GOOD |= {"RMSE": False, "R2": True, "MAE": False, "miscalibration": False}
"""The figures, and whether high ones are good."""

DECIDING: dict[Target, str] = {"classification": "PR-AUC", "regression": "RMSE"}
"""The figure that decides whether synthetic molecules help."""

_BINS = 10
_LEVELS = np.linspace(0.05, 0.95, 19)
_LEAST_SPREAD = 1e-9


def measure(target: Floats, predicted: Floats, spread: Floats, task: Target) -> dict[str, float]:
    """The figures of predictions [n] with their standard deviations over the ensemble [n]; NaN where they cannot be
    computed, as those of one class alone.

    Classes: ROC-AUC, PR-AUC (average precision), the Brier score, the expected calibration error. Numbers: RMSE, MAE
    and miscalibration in the order of their names in `HIGH_IS_GOOD`, R2 among them.
    """
    if task == "regression":
        found = {name: math.nan if value is None else value for name, value in _regress(target, predicted).items()}
        return {**found, "miscalibration": measure_miscalibration(target, predicted, spread)}
    one_class = len(target) == 0 or np.ptp(target) == 0
    ranks = {"ROC-AUC": math.nan, "PR-AUC": math.nan} if one_class else measure_classification(target, predicted)
    brier = float(((predicted - target) ** 2).mean()) if len(target) else math.nan
    calibration = measure_calibration_error(target, predicted)
    return {**{k: math.nan if v is None else v for k, v in ranks.items()}, "Brier": brier, "ECE": calibration}


def measure_calibration_error(target: Floats, probability: Floats) -> float:
    """The expected calibration error of probabilities [n] of class 1: the mean distance, 0..1, of the share of class 1
    from the mean probability, in ten bins of equal numbers of molecules in the order of their probabilities.

    M. P. Naeini et al., AAAI 2015; equal numbers, since those of a rare class are nearly all in one of equal widths.
    """
    if not len(target):
        return math.nan
    order = np.argsort(probability, kind="stable")
    parts = [part for part in np.array_split(order, _BINS) if len(part)]
    apart = [len(part) * abs(float(target[part].mean() - probability[part].mean())) for part in parts]
    return float(sum(apart) / len(target))


def measure_miscalibration(target: Floats, predicted: Floats, spread: Floats) -> float:
    """The mean distance, 0 to about .5, of the share of molecules below each quantile of their predicted normal
    distribution from the level of that quantile, over levels .05 to .95 (V. Kuleshov et al., ICML 2018)."""
    from scipy.stats import norm

    if not len(target):
        return math.nan
    level = norm.cdf((target - predicted) / np.maximum(spread, _LEAST_SPREAD))
    return float(np.mean([abs(float((level <= each).mean()) - each) for each in _LEVELS]))


def _regress(target: Floats, predicted: Floats) -> dict[str, float | None]:
    if len(target) < 2 or np.ptp(target) == 0:
        return dict.fromkeys(("R2", "RMSE", "MAE"), math.nan)
    return measure_regression(target, predicted)
