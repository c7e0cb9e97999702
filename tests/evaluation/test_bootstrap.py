"""Intervals hold what they should as often as they say."""

import numpy as np
import pytest

from molgan.evaluation.bootstrap import bootstrap_difference, bootstrap_mean, bootstrap_ratios


def test_an_interval_of_a_mean_is_that_of_its_standard_error() -> None:
    rng = np.random.default_rng(0)
    values = rng.normal(3, 2, 2500)
    found = bootstrap_mean(np.append(values, np.nan), rng)
    error = 1.96 * values.std() / 50
    assert found.value == pytest.approx(values.mean())
    assert (found.low, found.high) == pytest.approx((found.value - error, found.value + error), abs=0.01)
    other = bootstrap_difference(values, values[:600] - 1, rng)
    assert other.low < 1 < other.high and other.value == pytest.approx(values.mean() - values[:600].mean() + 1)
    assert other.high - other.low > found.high - found.low
    assert all(np.isnan(bootstrap_mean(np.array([np.nan]), rng)))


def test_intervals_of_a_mean_hold_the_truth_nineteen_times_in_twenty() -> None:
    rng = np.random.default_rng(1)
    found = [bootstrap_mean(rng.exponential(size=200), rng, resamples=200) for _ in range(200)]
    assert 0.88 <= np.mean([each.low <= 1 <= each.high for each in found]) <= 0.99


def test_a_ratio_is_that_of_resampled_molecules() -> None:
    rng = np.random.default_rng(2)
    has, other = rng.random(800) < 0.2, rng.random(600) < 0.1
    ((value, low, high),) = bootstrap_ratios(np.array([has.sum()]), 800, np.array([other.sum()]), 600, rng, 4000)
    resampled = [
        np.log2((rng.choice(has, 800).sum() + 0.5) / 801) - np.log2((rng.choice(other, 600).sum() + 0.5) / 601)
        for _ in range(4000)
    ]
    assert value == pytest.approx(np.log2(has.mean() / other.mean()), abs=0.02)
    assert (low, high) == pytest.approx(np.percentile(resampled, [2.5, 97.5]), abs=0.04)


def test_ratios_of_shares_that_are_equal_hold_0_and_one_of_nothing_is_finite() -> None:
    rng = np.random.default_rng(3)
    counts, others = rng.binomial(1000, 0.05, (2, 400))
    found = bootstrap_ratios(counts, 1000, others, 1000, rng, 400)
    assert 0.91 <= np.mean((found[:, 1] <= 0) & (found[:, 2] >= 0)) <= 0.99
    ((value, low, high),) = bootstrap_ratios(np.array([0]), 500, np.array([50]), 500, rng)
    assert np.isfinite([value, low, high]).all() and high < -3
