"""Gradient-boosted trees as plain arrays: scikit-learn grows them, and NumPy alone predicts with them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rdkit import Chem

from molgan.chem.whole_molecule import DESCRIPTORS, descriptors
from molgan.models.qsar.networks import Ensemble, Tensors, counts
from molgan.models.qsar.settings import QSARTraining, Target
from molgan.models.qsar.tree_arrays import LEAF, Trees

Floats = NDArray[np.float64]

_SHARE = 0.8  # of the molecules that each member sees
_RAREST = 0.015  # share of the molecules that must differ from the rest in a column that trees may ask
_FEWEST = 10


class Boosting(Ensemble):
    """Members of boosted trees on `describe` of molecules. A member says `baseline` plus the sum of its trees; for
    classes, the logistic function of that.

    J. H. Friedman, Annals of Statistics 29, 1189 (2001), on histograms as G. Ke et al., NeurIPS 2017. Members differ by
    their seeds, and each sees 80% of the molecules: J. H. Friedman, Comput. Stat. Data Anal. 38, 367 (2002).
    """

    def __init__(self, members: Sequence[Tensors], task: Target) -> None:
        """Raises KeyError or ValueError for arrays that are no boosted trees."""
        self._task = task
        self._members = [(float(np.ravel(tensors["baseline"])[0]), Trees(tensors)) for tensors in members]

    def describe(self, mols: Sequence[Chem.Mol]) -> NDArray[np.float32]:
        return describe(mols)

    def answer(self, rows: NDArray[np.float32]) -> Floats:
        raw = np.stack([baseline + trees(rows).sum(axis=0) for baseline, trees in self._members])
        return raw if self._task == "regression" else np.asarray(1 / (1 + np.exp(-raw)))


def describe(mols: Sequence[Chem.Mol]) -> NDArray[np.float32]:
    """log(1 + count) of each folded ECFP4 environment, then the descriptors of `molgan.chem.whole_molecule`, float32
    [n, columns]. They are those of the canonical SMILES, so that the spelling does not decide the last digits."""
    canonical = [Chem.MolFromSmiles(Chem.MolToSmiles(mol)) or mol for mol in mols]
    whole = np.array([descriptors(mol) for mol in canonical], dtype=np.float32).reshape(len(mols), len(DESCRIPTORS))
    return np.hstack([counts(canonical), whole])


def grow_boosting(
    features: NDArray[np.float32],
    target: Floats,
    training: QSARTraining,
    task: Target,
    member: int,
    weight: Floats | None = None,
) -> Tensors:
    """Train a member on rows of `describe`, which count by their `weight` [n]; the arrays of `Trees`, and its
    `baseline` [1]."""
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

    seed = training.seed * 1000 + member
    rows = np.sort(np.random.default_rng(seed).permutation(len(features))[: max(2, int(_SHARE * len(features)))])
    columns = _find_columns(features[rows])
    kind = HistGradientBoostingRegressor if task == "regression" else HistGradientBoostingClassifier
    model = kind(
        max_iter=training.rounds,
        max_leaf_nodes=training.leaves,
        learning_rate=training.shrinkage,
        min_samples_leaf=max(2, min(20, len(rows) // 50)),
        l2_regularization=1.0,
        max_features=0.3,
        max_bins=64,
        early_stopping=False,
        random_state=seed,
    )
    model.fit(features[np.ix_(rows, columns)], target[rows], None if weight is None else weight[rows])
    return take_boosted(model, columns)


def take_boosted(model: Any, columns: NDArray[np.intp]) -> Tensors:
    """The trees of a fitted model of scikit-learn, for one number or the classes 0 and 1; `columns` are the numbers of
    the columns that it was fitted on. Values and thresholds are rounded to float32, as they are saved."""
    trees = [predictor.nodes for (predictor,) in model._predictors]
    starts = np.cumsum([0, *map(len, trees)])
    parts: dict[str, list[NDArray[Any]]] = {name: [] for name in ("feature", "threshold", "left", "right", "value")}
    for start, nodes in zip(starts, trees, strict=False):
        is_leaf = nodes["is_leaf"].astype(bool)
        parts["feature"].append(np.where(is_leaf, LEAF, columns[nodes["feature_idx"]]).astype(np.int32))
        parts["threshold"].append(np.where(is_leaf, 0, nodes["num_threshold"]).astype(np.float32))
        for side in ("left", "right"):
            parts[side].append(np.where(is_leaf, LEAF, nodes[side].astype(np.int64) + start).astype(np.int32))
        parts["value"].append(np.where(is_leaf, nodes["value"], 0).astype(np.float16).astype(np.float32))
    joined = {name: np.concatenate(arrays) for name, arrays in parts.items()}
    baseline = np.ravel(model._baseline_prediction).astype(np.float32)
    return {**joined, "roots": starts[:-1].astype(np.int32), "baseline": baseline}


def _find_columns(features: NDArray[np.float32]) -> NDArray[np.intp]:
    """The columns that tell molecules apart; a bit that hardly any molecule has costs time and teaches nothing."""
    least = max(_FEWEST, int(_RAREST * len(features)))
    odd = (features != np.median(features, axis=0)).sum(axis=0)
    return np.flatnonzero(odd >= least)
