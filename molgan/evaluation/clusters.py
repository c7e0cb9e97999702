"""Clusters of points by k-means: S. Lloyd, IEEE Trans. Inf. Theory 28, 129 (1982), from the start of D. Arthur and S.
Vassilvitskii, SODA 2007 (k-means++)."""

import numpy as np
from numpy.typing import NDArray

_ROUNDS = 50

Points = NDArray[np.float64]


def find_centres(points: Points, k: int, rng: np.random.Generator) -> Points:
    """At most k centres [K, D] of points [n, D], fewer where points are equal."""
    centres = _draw_centres(points, k, rng)
    for _ in range(_ROUNDS):
        nearest = assign(points, centres)
        moved = np.array([points[nearest == i].mean(axis=0) for i in range(len(centres)) if (nearest == i).any()])
        if moved.shape == centres.shape and np.allclose(moved, centres):
            break
        centres = moved
    return centres


def assign(points: Points, centres: Points) -> NDArray[np.int64]:
    """The number of the nearest centre of each point, int [n]."""
    return np.asarray(measure(points, centres).argmin(axis=1), np.int64)


def measure(points: Points, centres: Points) -> Points:
    """The squared distances of points to centres, [n, K]."""
    squared = (points**2).sum(axis=1)[:, None] + (centres**2).sum(axis=1)[None] - 2 * points @ centres.T
    return np.asarray(np.maximum(squared, 0))


def _draw_centres(points: Points, k: int, rng: np.random.Generator) -> Points:
    """Points that lie apart: each is drawn with a probability that grows with the square of its distance."""
    chosen = [int(rng.integers(len(points)))]
    while len(chosen) < k:
        far = measure(points, points[chosen]).min(axis=1)
        far[far < 1e-9 * max(far.max(), 1)] = 0
        if not far.any():
            break
        chosen.append(int(rng.choice(len(points), p=far / far.sum())))
    return points[chosen]
