"""The interval of a paired difference over overlapping training parts."""

import math

import numpy as np
import pytest

from molgan.evaluation.paired_interval import corrected_interval


def test_the_interval_is_that_of_nadeau_and_bengio():
    found = corrected_interval(np.array([1.0, np.nan, 2.0, 3.0]), folds=2)
    # t(.975, 2) times the root of the variance, 1, by 1/3 + 1.
    assert found == pytest.approx((2, 2 - 4.302653 * math.sqrt(4 / 3), 2 + 4.302653 * math.sqrt(4 / 3)), rel=1e-6)
    wider, narrower = (corrected_interval(np.array([1.0, 2.0, 3.0]), folds=folds) for folds in (2, 10))
    assert wider.high - wider.low > narrower.high - narrower.low


def test_one_difference_has_no_interval_and_none_no_mean():
    assert corrected_interval(np.array([0.5, np.nan]), 5)[0] == 0.5
    assert all(map(math.isnan, corrected_interval(np.array([0.5]), 5)[1:]))
    assert all(map(math.isnan, corrected_interval(np.zeros(0), 5)))
