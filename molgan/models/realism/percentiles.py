"""The place of a value among those of a reference, beyond its ends as well."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Self

import numpy as np

_POINTS = 101
_WIDEST = 7.0  # log-odds of the outermost points: nine molecules of ten thousand are beyond
_END = 10  # points at either end that say how a tail goes on
_DIGITS = 6


class Percentiles:
    """The share of a reference that lies below a value, from 0 to 1, rising strictly with the value.

    `values` float64 [101] are the quantiles of the reference where the log-odds of the share are -7 to 7 in even steps,
    so that both tails are as fine as the middle. Between them the log-odds are interpolated linearly, and beyond the
    last ones they go on as they do at the ends: of two values that no molecule of the reference reaches, the one
    further out is the stranger.
    """

    def __init__(self, values: Sequence[float]) -> None:
        """Raises ValueError unless these are 101 finite numbers in ascending order."""
        self.values = np.asarray(values, dtype=np.float64)
        if self.values.shape != (_POINTS,) or not np.isfinite(self.values).all() or (np.diff(self.values) < 0).any():
            raise ValueError(f"not {_POINTS} numbers in ascending order")

    @classmethod
    def of(cls, reference: np.ndarray) -> Self:
        """From the values of a reference [n]; those that are not finite do not count. Raises ValueError without any."""
        finite = reference[np.isfinite(reference)]
        if not len(finite):
            raise ValueError("no value to take percentiles of")
        return cls([round(float(value), _DIGITS) for value in np.quantile(finite, to_share(_log_odds()))])

    def __call__(self, values: np.ndarray) -> np.ndarray:
        """The shares below some values, float64 [n]; NaN for NaN."""
        return to_share(self.find_log_odds(np.asarray(values, dtype=np.float64)))

    def find_log_odds(self, values: np.ndarray) -> np.ndarray:
        """The log-odds of the shares below some values, float64 [n]; NaN for NaN."""
        known, odds = self.values, _log_odds()
        found = np.interp(values, known, odds)
        with np.errstate(invalid="ignore"):
            below, above = values < known[0], values > known[-1]
            found = np.where(below, odds[0] + (values - known[0]) * self._slope(0, _END), found)
            found = np.where(above, odds[-1] + (values - known[-1]) * self._slope(-1 - _END, -1), found)
        return np.where(np.isnan(values), np.nan, found)

    def _slope(self, first: int, last: int) -> float:
        odds = _log_odds()
        width = self.values[last] - self.values[first]
        # A reference of equal values says nothing about how its tails go on.
        return float((odds[last] - odds[first]) / width) if width > 0 else 0.0

    def to_list(self) -> list[float]:
        """The quantiles, for a file."""
        return [float(value) for value in self.values]


def to_share(log_odds: np.ndarray) -> np.ndarray:
    """The shares, 0 to 1, of some log-odds."""
    return np.asarray(1 / (1 + np.exp(-np.clip(log_odds, -700, 700))))


@cache
def _log_odds() -> np.ndarray:
    return np.linspace(-_WIDEST, _WIDEST, _POINTS)
