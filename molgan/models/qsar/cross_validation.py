"""Cross-validation of a QSAR model by scaffold, and how well its expected errors hold."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rdkit import Chem

from molgan.base.progress import Progress, Silent
from molgan.chem.fingerprints import ecfp, murcko_scaffold, nearest
from molgan.models.qsar.ensemble import Prediction
from molgan.models.qsar.fitting import MEASURES, Metrics, describe_rows, fit, fit_error
from molgan.models.qsar.measurements import Measured
from molgan.models.qsar.settings import FINGERPRINT_BITS, FINGERPRINT_RADIUS, QSARTraining

Floats = NDArray[np.float64]
Rows = NDArray[np.int64]


@dataclass(frozen=True)
class CrossValidation:
    """What models say of molecules [n] that they were not trained on. `fold` int [n]; `prediction` by the model of the
    other folds, its `error` by the constants that the other folds give; `neighbour` float [n], the target of the
    nearest molecule of the other folds; `mean` float [n], theirs on average. `error`: the constants a, b, c of the
    expected error, fitted to all molecules."""

    target: Floats
    task: str
    fold: Rows
    prediction: Prediction
    neighbour: Floats
    mean: Floats
    error: tuple[float, float, float]

    def measure(self, predicted: Floats) -> list[Metrics]:
        """The metrics of predictions [n], fold by fold."""
        measure, folds = MEASURES[self.task], np.unique(self.fold).tolist()
        return [measure(self.target[self.fold == fold], predicted[self.fold == fold]) for fold in folds]

    def find_rows(self, low: float, high: float) -> NDArray[np.bool_]:
        """The molecules, bool [n], whose nearest known molecule is at a similarity from `low` to below `high`."""
        return (self.prediction.similarity >= low) & (self.prediction.similarity < high)


def assign_folds(mols: Sequence[Chem.Mol], count: int, seed: int, rare: NDArray[np.bool_] | None = None) -> Rows:
    """A fold, 0 to `count` - 1, for each molecule: those of one Murcko scaffold are in one fold, and the folds are of
    about one size. A molecule without a ring is by itself. The same molecules and seed give the same folds. With
    `rare` [n] the folds have about as many of these molecules each, too."""
    few = np.zeros(len(mols), dtype=bool) if rare is None else rare
    groups: dict[str, list[int]] = defaultdict(list)
    for number, mol in enumerate(mols):
        groups[murcko_scaffold(mol) or f"acyclic {number}"].append(number)
    order = np.random.default_rng(seed).permutation(len(groups))
    shuffled = [list(groups.values())[i] for i in order]
    fold, sizes, rares = (np.zeros(n, dtype=np.int64) for n in (len(mols), count, count))
    # The largest first, each to the smallest fold, so that the folds come out alike.
    for rows in sorted(shuffled, key=lambda rows: (few[rows].sum(), len(rows)), reverse=True):
        smallest = int(np.lexsort((sizes, rares))[0]) if few[rows].any() else int(sizes.argmin())
        fold[rows] = smallest
        sizes[smallest] += len(rows)
        rares[smallest] += few[rows].sum()
    return fold


def cross_validate(
    data: Measured,
    settings: QSARTraining,
    *,
    target: str,
    folds: int = 5,
    progress: Progress | None = None,
    described: NDArray[Any] | None = None,
    rare: NDArray[np.bool_] | None = None,
) -> CrossValidation:
    """Train a model of one kind, not `best`, once without each fold, and predict that fold. `described` as for `fit`,
    `rare` as for `assign_folds`. Raises as `fit`."""
    progress = progress or Silent()
    fold = assign_folds(data.mols, folds, settings.seed, rare)
    rows = describe_rows(data.mols, settings) if described is None else described
    bits = ecfp(data.mols, FINGERPRINT_RADIUS, FINGERPRINT_BITS)
    columns = np.zeros((3, len(data.smiles)))
    neighbour, mean = np.zeros(len(data.smiles)), np.zeros(len(data.smiles))
    progress.start("folds", folds)
    for number in range(folds):
        known, left = np.flatnonzero(fold != number), np.flatnonzero(fold == number)
        model = fit(data, known, settings, target, described=rows)
        similarity, index = nearest([bits[i] for i in left], model.domain)
        found = model.predict_rows(rows[left], similarity)
        columns[:, left] = found.value, found.spread, found.similarity
        neighbour[left], mean[left] = data.target[known][index], data.target[known].mean()
        progress.advance("folds")
    progress.finish("folds")
    value, spread, similarity = columns
    residual = np.abs(value - data.target)
    error = np.zeros(len(value))
    for number in range(folds):
        others = fold != number
        a, b, c = fit_error(residual[others], spread[others], similarity[others])
        error[~others] = (a + b * spread + c * (1 - similarity))[~others]
    return CrossValidation(
        data.target,
        data.task,
        fold,
        Prediction(value, spread, similarity, error),
        neighbour,
        mean,
        fit_error(residual, spread, similarity),
    )
