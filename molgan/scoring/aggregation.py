"""One total from the transformed values of several components: arrays [components, n] in 0..1 in, [n] in 0..1 out.

NaN in a column gives NaN. Weights are positive.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Aggregation = Callable[[Floats, Floats], Floats]

AGGREGATIONS: dict[str, Aggregation] = {}
"""The aggregations by name."""


def aggregation(function: Aggregation) -> Aggregation:
    """Register a function under its name; a decorator."""
    AGGREGATIONS[function.__name__] = function
    return function


@aggregation
def arithmetic_mean(values: Floats, weights: Floats) -> Floats:
    """Weighted mean over the first axis."""
    return np.asarray(weights @ values / weights.sum())


@aggregation
def geometric_mean(values: Floats, weights: Floats) -> Floats:
    """Weighted geometric mean over the first axis: 0 where a component is 0."""
    with np.errstate(divide="ignore"):
        return np.asarray(np.exp(weights @ np.log(values) / weights.sum()))


@aggregation
def product(values: Floats, weights: Floats) -> Floats:
    """Product over the first axis of each value to the power of its weight."""
    return np.asarray(np.prod(values ** weights[:, None], axis=0))


@aggregation
def pareto(values: Floats, weights: Floats) -> Floats:
    """How far in front a molecule lies among those given: 1 on the first Pareto front, 1 / fronts on the last one.

    Weights do not count. The value depends on which molecules are scored together. The fronts are found by the
    efficient non-dominated sort: X. Zhang et al., IEEE Trans. Evol. Comput. 19, 201 (2015).
    """
    total = np.full(values.shape[1], np.nan)
    known = np.flatnonzero(~np.isnan(values).any(axis=0))
    if not len(known):
        return total
    rows, place = np.unique(-values[:, known].T, axis=0, return_inverse=True)
    fronts: list[list[int]] = []
    rank = np.empty(len(rows))
    # Sorted, no row is dominated by a later one, and if a front does not dominate a row, no later front does.
    for row in range(len(rows)):
        first, last = 0, len(fronts)
        while first < last:
            middle = (first + last) // 2
            if (rows[fronts[middle]] <= rows[row]).all(axis=1).any():
                first = middle + 1
            else:
                last = middle
        if first == len(fronts):
            fronts.append([])
        fronts[first].append(row)
        rank[row] = first
    total[known] = 1 - rank[place.ravel()] / len(fronts)
    return total


def aggregate(
    how: str,
    values: Floats,
    weights: Floats,
    ignored: NDArray[np.bool_],
    vetoed: NDArray[np.bool_] | None = None,
) -> Floats:
    """The total of `values` [components, n] by the aggregation of that name.

    `ignored` [components]: components whose missing values are left out, so that a molecule's total is that of its
    other components; NaN when none is left. `vetoed` [n]: molecules whose total is 0 whatever their values are, missing
    ones included; they have no place in Pareto's order.
    """
    if vetoed is not None and vetoed.any():
        known = np.where(vetoed, np.nan if how == "pareto" else 0.0, values)
        return np.where(vetoed, 0.0, aggregate(how, known, weights, ignored))
    left_out = np.isnan(values) & ignored[:, None]
    if not left_out.any():
        return AGGREGATIONS[how](values, weights)
    total = np.full(values.shape[1], np.nan)
    patterns, place = np.unique(left_out, axis=1, return_inverse=True)
    for number, pattern in enumerate(patterns.T):
        if not pattern.all():
            columns = np.flatnonzero(place.ravel() == number)
            total[columns] = AGGREGATIONS[how](values[~pattern][:, columns], weights[~pattern])
    return total
