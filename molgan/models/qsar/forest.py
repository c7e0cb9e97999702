"""A random forest as plain arrays: scikit-learn grows it, and NumPy alone predicts with it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rdkit import Chem

from molgan.models.qsar.networks import Tensors, counts
from molgan.models.qsar.settings import QSARTraining, Target

Floats = NDArray[np.float64]

_CHUNK = 512  # molecules whose nodes in all trees are held at the same time
_LEAF = -1


class Forest:
    """The trees of a random forest on ECFP4 with counts, one behind the other in arrays over all nodes.

    `feature` int32, the bit that a node asks, -1 in a leaf; `threshold` float64, up to which a molecule goes `left`,
    else `right` (int32, the numbers of nodes); `value` float64, the mean target or the share of class 1 there. `roots`
    int32 [trees]. L. Breiman, Machine Learning 45, 5 (2001).
    """

    def __init__(self, tensors: Tensors) -> None:
        """Raises KeyError or ValueError for arrays that are no forest."""
        self._feature, self._threshold, self._left, self._right, self._value, self._roots = (
            np.asarray(tensors[name]) for name in ("feature", "threshold", "left", "right", "value", "roots")
        )
        nodes = len(self._feature)
        inner = np.flatnonzero(self._feature != _LEAF)
        children = np.stack([self._left[inner], self._right[inner]])
        if any(len(each) != nodes for each in (self._threshold, self._left, self._right, self._value)):
            raise ValueError("arrays of different lengths")
        # A child behind its parent: walking down ends.
        if len(self._roots) < 2 or self._roots.max() >= nodes or (children <= inner).any() or (children >= nodes).any():
            raise ValueError("no trees")

    def __call__(self, mols: Sequence[Chem.Mol]) -> Floats:
        """What each tree says of each molecule: [trees, n]."""
        features = counts(mols)
        parts = [self._predict(features[i : i + _CHUNK]) for i in range(0, len(features), _CHUNK)]
        return np.concatenate(parts, axis=1) if parts else np.zeros((len(self._roots), 0))

    def _predict(self, features: NDArray[np.float32]) -> Floats:
        node = np.repeat(self._roots[:, None], len(features), axis=1)
        while True:
            tree, row = np.nonzero(self._feature[node] != _LEAF)
            if not len(tree):
                return np.asarray(self._value[node], np.float64)
            here = node[tree, row]
            is_left = features[row, self._feature[here]] <= self._threshold[here]
            node[tree, row] = np.where(is_left, self._left[here], self._right[here])


def grow_forest(features: NDArray[np.float32], target: Floats, training: QSARTraining, task: Target) -> Tensors:
    """Train scikit-learn's forest on rows of `counts`; the arrays of `Forest`."""
    from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

    if task == "regression":
        forest = RandomForestRegressor(training.trees, random_state=training.seed, max_features=0.3)
    else:
        forest = RandomForestClassifier(training.trees, random_state=training.seed)
    return take_trees(forest.fit(features, target))


def take_trees(forest: Any) -> Tensors:
    """The trees of a fitted forest of scikit-learn, for one number or the classes 0 and 1."""
    trees = [estimator.tree_ for estimator in forest.estimators_]
    starts = np.cumsum([0, *(tree.node_count for tree in trees)])
    arrays: dict[str, list[NDArray[Any]]] = {"feature": [], "threshold": [], "left": [], "right": [], "value": []}
    for start, tree in zip(starts, trees, strict=False):
        is_leaf = tree.children_left < 0
        arrays["feature"].append(np.where(is_leaf, _LEAF, tree.feature).astype(np.int32))
        arrays["threshold"].append(tree.threshold.astype(np.float64))
        arrays["left"].append(np.where(is_leaf, _LEAF, tree.children_left + start).astype(np.int32))
        arrays["right"].append(np.where(is_leaf, _LEAF, tree.children_right + start).astype(np.int32))
        values = tree.value[:, 0, :]
        # Counts of the classes, or their shares, by scikit-learn's version.
        arrays["value"].append(values[:, 1] / values.sum(axis=1) if values.shape[1] == 2 else values[:, 0])
    joined = {name: np.concatenate(parts) for name, parts in arrays.items()}
    return {**joined, "roots": starts[:-1].astype(np.int32)}
