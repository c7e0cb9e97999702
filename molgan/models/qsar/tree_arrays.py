"""Decision trees as plain arrays over all nodes, which NumPy alone walks down."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from molgan.models.qsar.networks import Tensors

Floats = NDArray[np.float64]

LEAF = -1
_CHUNK = 512  # molecules whose nodes in all trees are held at the same time


class Trees:
    """Trees, one behind the other.

    `feature` int [nodes], the column that a node asks, -1 in a leaf; `threshold` float [nodes], up to which a row goes
    `left`, else `right` (int [nodes], the numbers of nodes); `value` float [nodes], what a leaf says. `roots`
    int [trees].
    """

    def __init__(self, tensors: Tensors) -> None:
        """Raises KeyError or ValueError for arrays that are no trees."""
        self._feature, self._threshold, self._left, self._right, self._value, self._roots = (
            np.asarray(tensors[name]) for name in ("feature", "threshold", "left", "right", "value", "roots")
        )
        nodes = len(self._feature)
        inner = np.flatnonzero(self._feature != LEAF)
        children = np.stack([self._left[inner], self._right[inner]])
        if any(len(each) != nodes for each in (self._threshold, self._left, self._right, self._value)):
            raise ValueError("arrays of different lengths")
        # A child behind its parent: walking down ends.
        if len(self._roots) < 2 or self._roots.max() >= nodes or (children <= inner).any() or (children >= nodes).any():
            raise ValueError("no trees")

    def __call__(self, features: NDArray[np.float32]) -> Floats:
        """What each tree says of each row of features [n, columns]: [trees, n]."""
        parts = [self._predict(features[i : i + _CHUNK]) for i in range(0, len(features), _CHUNK)]
        return np.concatenate(parts, axis=1) if parts else np.zeros((len(self._roots), 0))

    def _predict(self, features: NDArray[np.float32]) -> Floats:
        node = np.repeat(self._roots[:, None], len(features), axis=1)
        tree, row = np.nonzero(self._feature[node] != LEAF)
        while len(tree):
            here = node[tree, row]
            is_left = features[row, self._feature[here]] <= self._threshold[here]
            there = np.where(is_left, self._left[here], self._right[here])
            node[tree, row] = there
            goes_on = self._feature[there] != LEAF
            tree, row = tree[goes_on], row[goes_on]
        return np.asarray(self._value[node], np.float64)
