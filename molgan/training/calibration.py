"""Measures how well the logits of a critic are calibrated."""

from __future__ import annotations

import numpy as np
from scipy.optimize import minimize_scalar


def logistic_loss(real: np.ndarray, fake: np.ndarray) -> float:
    """-E log D(real) - E log(1 - D(fake)), in nats; log 4 = 1.386 for logits that are all 0."""
    return float(np.logaddexp(0, -real).mean() + np.logaddexp(0, fake).mean())


def calibration_error(real: np.ndarray, fake: np.ndarray, bins: int = 15) -> float:
    """Expected calibration error, 0..1: mean distance of the predicted from the observed share of real molecules.

    Guo et al. 2017, equation 3, over bins of equal mass (a critic of good samples has all its D near .5).
    """
    probability = 1 / (1 + np.exp(-np.concatenate([real, fake])))
    label = np.concatenate([np.ones(len(real)), np.zeros(len(fake))])
    parts = np.array_split(np.argsort(probability, kind="stable"), min(bins, len(label)))
    return float(sum(abs((probability[part] - label[part]).mean()) * len(part) for part in parts) / len(label))


def fit_temperature(real: np.ndarray, fake: np.ndarray) -> float:
    """The T in .05..20 that minimises the loss of logits / T (Guo et al. 2017, section 4.2); above 1: overconfident."""
    found = minimize_scalar(
        lambda log: logistic_loss(real / np.exp(log), fake / np.exp(log)), bounds=(-3, 3), method="bounded"
    )
    return float(np.exp(found.x))
