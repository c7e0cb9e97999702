"""Precision, recall, density and coverage of samples: M. F. Naeem et al., Reliable Fidelity and Diversity Metrics for
Generative Models, ICML 2020, equations 1 to 6; precision and recall after T. Kynkäänniemi et al., NeurIPS 2019.

Each molecule is a point, and its ball reaches to its k-th nearest neighbour in its own set. The figures depend on the
numbers of molecules and on k: compare them at equal ones, beside those of real molecules.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

NEIGHBOURS = 5
"""k of the paper."""

FIGURES = ("Precision", "Recall", "Density", "Coverage")
_BLOCK = 1024

Points = NDArray[np.float64]


@dataclass(frozen=True)
class Neighbourhoods:
    """What is in whose balls: `holders` int [S], the number of real balls that hold each sample; `recalled` bool [R],
    whether some sample's ball holds each real molecule; `covered` bool [R], whether each real ball holds a sample."""

    holders: NDArray[np.int64]
    recalled: NDArray[np.bool_]
    covered: NDArray[np.bool_]
    k: int

    @property
    def columns(self) -> dict[str, NDArray[np.float64]]:
        """The values whose means are the `FIGURES`: the first and the third [S], the second and the fourth [R]."""
        return {
            "Precision": (self.holders > 0).astype(float),
            "Recall": self.recalled.astype(float),
            "Density": self.holders / self.k,
            "Coverage": self.covered.astype(float),
        }

    @property
    def figures(self) -> dict[str, float]:
        """The `FIGURES`: 0 to 1, density above it where samples crowd; NaN for an empty set."""
        return {name: float(values.mean()) if len(values) else float("nan") for name, values in self.columns.items()}


def find_neighbourhoods(real: Points, samples: Points, k: int = NEIGHBOURS) -> Neighbourhoods:
    """The balls of two sets of points [R, D] and [S, D] with distances by Euclid.

    A set of k points or fewer has no balls: nothing is in them. Equal points are no neighbours of others: a ball that
    shrinks to its centre holds nothing, not even the centre, as in the code of the paper.
    """
    real_radii, radii = _find_radii(real, k), _find_radii(samples, k)
    holders = np.zeros(len(samples), np.int64)
    recalled, covered = np.zeros(len(real), np.bool_), np.zeros(len(real), np.bool_)
    for rows, distances in _measure(real, samples):
        held = distances < real_radii[rows, None]
        holders += held.sum(axis=0)
        covered[rows] = held.any(axis=1)
        recalled[rows] = (distances < radii[None]).any(axis=1)
    return Neighbourhoods(holders, recalled, covered, k)


def _find_radii(points: Points, k: int) -> Points:
    """The distance of each point to its k-th nearest neighbour, 0 where there are not so many."""
    radii = np.zeros(len(points))
    if len(points) > k:
        for rows, distances in _measure(points, points):
            # A point is at no distance from itself, whatever rounding says.
            distances[np.arange(len(distances)), np.arange(rows.start, rows.start + len(distances))] = 0
            radii[rows] = np.partition(distances, k, axis=1)[:, k]
    return radii


def _measure(a: Points, b: Points) -> Iterator[tuple[slice, Points]]:
    """The distances of some points of `a` at a time to all of `b`."""
    squares = (b**2).sum(axis=1)
    for start in range(0, len(a), _BLOCK):
        some = a[start : start + _BLOCK]
        squared = (some**2).sum(axis=1)[:, None] + squares[None] - 2 * some @ b.T
        yield slice(start, start + len(some)), np.sqrt(np.maximum(squared, 0))
