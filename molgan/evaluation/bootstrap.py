"""Intervals by the bootstrap (B. Efron, Annals of Statistics 7, 1 (1979)): percentiles of resampled figures."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 1000
_LEVEL = 0.95
_TAILS = [50 * (1 - _LEVEL), 50 * (1 + _LEVEL)]
_AT_ONCE = 2_000_000  # numbers that are drawn at once


class Interval(NamedTuple):
    """A figure, and the ends of its 95% interval; NaN where it cannot be computed."""

    value: float
    low: float
    high: float


def bootstrap_mean(values: NDArray[np.float64], rng: np.random.Generator, resamples: int = RESAMPLES) -> Interval:
    """The mean of values, those that are NaN left out."""
    known = values[~np.isnan(values)]
    if not len(known):
        return Interval(*[float("nan")] * 3)
    return Interval(float(known.mean()), *np.percentile(_resample_means(known, rng, resamples), _TAILS).tolist())


def bootstrap_difference(
    a: NDArray[np.float64], b: NDArray[np.float64], rng: np.random.Generator, resamples: int = RESAMPLES
) -> Interval:
    """The mean of `a` less that of `b`, those that are NaN left out."""
    a, b = a[~np.isnan(a)], b[~np.isnan(b)]
    if not len(a) or not len(b):
        return Interval(*[float("nan")] * 3)
    differences = _resample_means(a, rng, resamples) - _resample_means(b, rng, resamples)
    return Interval(float(a.mean() - b.mean()), *np.percentile(differences, _TAILS).tolist())


def bootstrap_ratios(
    counts: NDArray[np.int64],
    total: int,
    other_counts: NDArray[np.int64],
    other_total: int,
    rng: np.random.Generator,
    resamples: int = RESAMPLES,
) -> NDArray[np.float64]:
    """The base-2 logarithm of the ratio of two shares, and the ends of its interval, [n, 3], for n things, of which
    each is in `counts` of `total` and in `other_counts` of `other_total` molecules.

    Resampling molecules draws the number that have a thing from a binomial distribution. Half a molecule is added to
    each count, so that none is 0.
    """
    ratios = np.log2((counts + 0.5) / (total + 1)) - np.log2((other_counts + 0.5) / (other_total + 1))
    ends = np.empty((len(counts), 2))
    step = max(1, _AT_ONCE // resamples)
    for start in range(0, len(counts), step):
        rows = slice(start, start + step)
        drawn = []
        for found, n in ((counts[rows], total), (other_counts[rows], other_total)):
            share = (found + 0.5) / (n + 1)
            drawn.append(np.log2((rng.binomial(n, share, (resamples, len(share))) + 0.5) / (n + 1)))
        ends[rows] = np.percentile(drawn[0] - drawn[1], _TAILS, axis=0).T
    return np.column_stack([ratios, ends])


def _resample_means(values: NDArray[np.float64], rng: np.random.Generator, resamples: int) -> NDArray[np.float64]:
    step = max(1, _AT_ONCE // len(values))
    sizes = [min(step, resamples - start) for start in range(0, resamples, step)]
    return np.concatenate([values[rng.integers(len(values), size=(size, len(values)))].mean(axis=1) for size in sizes])
