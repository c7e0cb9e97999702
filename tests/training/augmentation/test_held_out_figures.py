"""Figures of held-out molecules in closed forms."""

import math

import numpy as np
import pytest

from molgan.training.augmentation.held_out_figures import measure, measure_calibration_error, measure_miscalibration


def test_the_calibration_error_is_how_far_shares_are_from_probabilities():
    rng = np.random.default_rng(0)
    probability = rng.random(20_000)
    target = (rng.random(20_000) < probability).astype(float)
    assert measure_calibration_error(target, probability) < 0.02
    assert measure_calibration_error(target, np.zeros(20_000)) == pytest.approx(target.mean())
    assert measure_calibration_error(np.ones(5), np.full(5, 0.25)) == pytest.approx(0.75)
    assert math.isnan(measure_calibration_error(np.zeros(0), np.zeros(0)))


def test_miscalibration_is_0_for_the_right_spread_and_grows_with_a_wrong_one():
    truth = np.random.default_rng(0).normal(size=20_000)
    centre = np.zeros(20_000)
    right, narrow, wide = (measure_miscalibration(truth, centre, np.full(20_000, width)) for width in (1, 0.01, 100))
    assert right < 0.01
    # Below every quantile lies half of the molecules: the mean of |.5 - level| over the levels.
    assert narrow == pytest.approx(np.abs(0.5 - np.linspace(0.05, 0.95, 19)).mean(), abs=0.02)
    assert wide == pytest.approx(narrow, abs=0.02)


def test_figures_that_one_class_or_value_cannot_give_are_missing():
    found = measure(np.zeros(4), np.array([0.1, 0.2, 0.3, 0.4]), np.zeros(4), "classification")
    assert math.isnan(found["ROC-AUC"]) and math.isnan(found["PR-AUC"]) and found["Brier"] == pytest.approx(0.075)
    found = measure(np.ones(3), np.ones(3), np.ones(3), "regression")
    assert math.isnan(found["RMSE"]) and math.isnan(found["R2"])
    assert measure(np.array([1.0, 3.0]), np.array([2.0, 2.0]), np.ones(2), "regression")["RMSE"] == 1
