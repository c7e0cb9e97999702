"""Percentiles of a reference: even within it, and in order beyond its ends."""

import numpy as np
import pytest

from molgan.models.realism.percentiles import Percentiles


@pytest.fixture(scope="module")
def reference() -> np.ndarray:
    return np.random.default_rng(0).normal(3.0, 2.0, 20_000)


def test_the_share_below_a_value_is_that_of_the_reference(reference: np.ndarray) -> None:
    found = Percentiles.of(reference)
    for share in (0.002, 0.01, 0.1, 0.5, 0.9, 0.999):
        (told,) = found(np.quantile(reference, [share]))
        assert told == pytest.approx(share, rel=0.05)
    fresh = np.random.default_rng(1).normal(3.0, 2.0, 20_000)
    for limit in (0.01, 0.05, 0.5):
        assert (found(fresh) <= limit).mean() == pytest.approx(limit, rel=0.25)


def test_it_rises_strictly_and_beyond_the_ends_as_well(reference: np.ndarray) -> None:
    values = np.linspace(-30, 40, 500)
    shares = Percentiles.of(reference)(values)
    assert (np.diff(shares) > 0).all() or (np.diff(Percentiles.of(reference).find_log_odds(values)) > 0).all()
    below = shares[values < reference.min()]
    assert (np.diff(below) > 0).all() and 0 < below[0] < below[-1] < 0.001
    assert shares.min() > 0 and shares.max() <= 1


def test_infinities_are_the_ends_and_nan_stays(reference: np.ndarray) -> None:
    low, high, none = Percentiles.of(reference)(np.array([-np.inf, np.inf, np.nan]))
    assert low == pytest.approx(0, abs=1e-300) and high == 1 and np.isnan(none)


def test_a_reference_of_few_or_equal_values_can_be_asked() -> None:
    found = Percentiles.of(np.array([2.0, np.nan, 2.0, np.inf]))
    shares = found(np.array([1.0, 2.0, 3.0]))
    assert (np.diff(shares) >= 0).all() and np.isfinite(shares).all()
    with pytest.raises(ValueError, match="no value"):
        Percentiles.of(np.array([np.nan]))


def test_it_can_be_stored_and_what_is_no_quantiles_is_refused(reference: np.ndarray) -> None:
    found = Percentiles.of(reference)
    again = Percentiles(found.to_list())
    assert (again(reference[:50]) == found(reference[:50])).all()
    for wrong in (found.to_list()[:-1], found.to_list()[::-1], [*found.to_list()[:-1], float("nan")]):
        with pytest.raises(ValueError, match="101 numbers"):
            Percentiles(wrong)
