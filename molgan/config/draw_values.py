"""Draws the values of the trials of a sweep: the same seed gives the same, and more trials begin with the same."""

import json
import math
from itertools import product
from typing import Any

import numpy as np

from molgan.base.errors import ConfigError
from molgan.config.sweep_config import MOST_TRIALS, RangeSettings, SweepConfig

_DIGITS, _ALL_DIGITS = 4, 17  # significant ones of a drawn number; few, so that a table can be read
_MOST_DRAWS = 100  # for each trial, where draws repeat themselves


def draw_values(settings: SweepConfig) -> list[dict[str, Any]]:
    """The values of each trial by their keys, no two trials alike.

    Without `trials` every combination of the lists, the last key varying fastest. With it, each value is drawn by
    itself (random search, Bergstra and Bengio 2012), fewer where the lists have no more combinations. Raises
    ConfigError for more combinations than a sweep may have trials.
    """
    count = math.prod(_count_values(values) for values in settings.keys.values())
    if settings.trials is None:
        if count > MOST_TRIALS:
            raise ConfigError(f"keys: {count:,.0f} combinations; set `trials` to draw some, {MOST_TRIALS:,} at most")
        lists = [values for values in settings.keys.values() if isinstance(values, list)]
        return [dict(zip(settings.keys, values, strict=True)) for values in product(*lists)]
    rng, drawn, digits = np.random.default_rng(settings.seed), dict[str, dict[str, Any]](), _DIGITS
    for _ in range(_MOST_DRAWS * settings.trials):
        values = {key: _draw_value(spread, rng, digits) for key, spread in settings.keys.items()}
        name = json.dumps(values, default=str)
        digits = _ALL_DIGITS if name in drawn else _DIGITS  # a range may be too narrow for few
        drawn.setdefault(name, values)
        if len(drawn) == min(settings.trials, count):
            break
    return list(drawn.values())


def list_ends(spread: list[Any] | RangeSettings) -> list[Any]:
    """The values of a list, or the ends of a range."""
    return spread if isinstance(spread, list) else list(spread.ends)


def _count_values(spread: list[Any] | RangeSettings) -> float:
    if isinstance(spread, list):
        return len(spread)
    return math.inf if spread.integer is None else spread.integer[1] - spread.integer[0] + 1


def _draw_value(spread: list[Any] | RangeSettings, rng: np.random.Generator, digits: int) -> Any:
    if isinstance(spread, list):
        return spread[int(rng.integers(len(spread)))]
    low, high = spread.ends
    if spread.integer is not None:
        return int(rng.integers(spread.integer[0], spread.integer[1], endpoint=True))
    if spread.uniform is not None:
        drawn = rng.uniform(low, high)
    else:
        drawn = math.exp(rng.uniform(math.log(low), math.log(high)))
    return min(max(float(f"{drawn:.{digits}g}"), low), high)
