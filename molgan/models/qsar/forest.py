"""A random forest as plain arrays: scikit-learn grows it, and NumPy alone predicts with it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rdkit import Chem

from molgan.models.qsar.networks import Ensemble, Tensors, counts
from molgan.models.qsar.settings import QSARTraining, Target
from molgan.models.qsar.tree_arrays import LEAF, Trees

Floats = NDArray[np.float64]


class Forest(Ensemble):
    """A random forest on ECFP4 with counts: `Trees` whose leaves have the mean target or the share of class 1.
    L. Breiman, Machine Learning 45, 5 (2001)."""

    def __init__(self, tensors: Tensors) -> None:
        """Raises KeyError or ValueError for arrays that are no forest."""
        self._trees = Trees(tensors)

    def describe(self, mols: Sequence[Chem.Mol]) -> NDArray[np.float32]:
        return counts(mols)

    def answer(self, rows: NDArray[np.float32]) -> Floats:
        return self._trees(rows)


def grow_forest(
    features: NDArray[np.float32], target: Floats, training: QSARTraining, task: Target, weight: Floats | None = None
) -> Tensors:
    """Train scikit-learn's forest on rows of `counts`, which count by their `weight` [n]; the arrays of `Forest`."""
    from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

    if task == "regression":
        forest = RandomForestRegressor(training.trees, random_state=training.seed, max_features=0.3)
    else:
        forest = RandomForestClassifier(training.trees, random_state=training.seed)
    return take_trees(forest.fit(features, target, weight))


def take_trees(forest: Any) -> Tensors:
    """The trees of a fitted forest of scikit-learn, for one number or the classes 0 and 1."""
    trees = [estimator.tree_ for estimator in forest.estimators_]
    starts = np.cumsum([0, *(tree.node_count for tree in trees)])
    arrays: dict[str, list[NDArray[Any]]] = {"feature": [], "threshold": [], "left": [], "right": [], "value": []}
    for start, tree in zip(starts, trees, strict=False):
        is_leaf = tree.children_left < 0
        arrays["feature"].append(np.where(is_leaf, LEAF, tree.feature).astype(np.int32))
        arrays["threshold"].append(tree.threshold.astype(np.float64))
        arrays["left"].append(np.where(is_leaf, LEAF, tree.children_left + start).astype(np.int32))
        arrays["right"].append(np.where(is_leaf, LEAF, tree.children_right + start).astype(np.int32))
        values = tree.value[:, 0, :]
        # Counts of the classes, or their shares, by scikit-learn's version.
        arrays["value"].append(values[:, 1] / values.sum(axis=1) if values.shape[1] == 2 else values[:, 0])
    joined = {name: np.concatenate(parts) for name, parts in arrays.items()}
    return {**joined, "roots": starts[:-1].astype(np.int32)}
