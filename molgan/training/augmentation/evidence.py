"""Labels by evidence: the nearest measured molecule, or a teacher; each with the error to be expected of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from rdkit import Chem
from rdkit.DataStructs import BulkTanimotoSimilarity, ExplicitBitVect

from molgan.base.errors import InputError
from molgan.chem.fingerprints import ecfp, murcko_scaffold, nearest
from molgan.models.qsar.cross_validation import cross_validate
from molgan.models.qsar.fitting import fit, fit_error
from molgan.models.qsar.measurements import Measured
from molgan.models.qsar.settings import QSARTraining

Floats = NDArray[np.float64]

_FEWEST = 10  # measured molecules that tell how often neighbours differ; with fewer, those of all classes do
_FOLDS = 3  # of the cross-validation that tells how far a teacher errs


@dataclass(frozen=True)
class Labels:
    """Labels of molecules [n]: values, their expected absolute errors, the Tanimoto similarity (ECFP4, 0..1) to the
    nearest measured molecule and its row."""

    value: Floats
    uncertainty: Floats
    similarity: Floats
    neighbour: NDArray[np.int64]


class Evidence(Protocol):
    """Labels molecules by what was measured. `least` is the similarity below which there is no evidence."""

    name: str
    least: float

    def label(self, mols: Sequence[Chem.Mol]) -> Labels:
        """The labels of molecules, in order."""


class NeighbourEvidence:
    """The value of the nearest measured molecule.

    The expected error is a + c (1 - similarity), fitted to how far each measured molecule is from its nearest other
    one; for classes, to the share of them that are of the other class, apart for neighbours of each class.
    """

    name = "neighbour"

    def __init__(self, part: Measured, least: float) -> None:
        self.least = least
        self._target, self._bits = part.target, ecfp(part.mols)
        similarity, index = find_nearest_others(self._bits)
        residual = np.abs(part.target - part.target[index])
        groups = part.target[index] if part.task == "classification" else np.zeros(len(index))
        self._classifies = part.task == "classification"
        self._error: dict[float, tuple[float, float]] = {}
        for group in (0.0, 1.0) if self._classifies else (0.0,):
            rows = groups == group
            rows = rows if rows.sum() >= _FEWEST else np.ones(len(rows), dtype=bool)
            a, _, c = fit_error(residual[rows], np.zeros(int(rows.sum())), similarity[rows])
            self._error[group] = a, c

    def label(self, mols: Sequence[Chem.Mol]) -> Labels:
        similarity, index = nearest(ecfp(mols), self._bits)
        value = self._target[index]
        a, c = np.array([self._error[each if self._classifies else 0.0] for each in value.tolist()]).reshape(-1, 2).T
        error = a + c * (1 - similarity)
        return Labels(value, np.minimum(error, 1) if self._classifies else error, similarity, index)


class TeacherEvidence:
    """What a model of the measured molecules predicts; a class where its probability is the larger one.

    The expected error is a + b · spread + c · (1 - similarity), as that of `QSARModel`, fitted to a cross-validation by
    scaffold within the measured molecules.
    """

    name = "teacher"
    least = 0.0

    def __init__(self, part: Measured, training: QSARTraining, rare: NDArray[np.bool_] | None) -> None:
        """`rare` are the molecules [n] of the rarer class. Raises InputError where these have a single scaffold."""
        if rare is not None and len({murcko_scaffold(part.mols[i]) or i for i in np.flatnonzero(rare)}) < 2:
            raise InputError("the rarer class has one scaffold, which a teacher cannot be tested on")
        checked = cross_validate(part, training, target="", folds=_FOLDS if _is_spread(part, rare) else 2, rare=rare)
        model = fit(part, np.arange(len(part.smiles)), training, "")
        self._classifies = part.task == "classification"
        self._bits, self._model, self._error = ecfp(part.mols), model, checked.error

    def label(self, mols: Sequence[Chem.Mol]) -> Labels:
        if not mols:
            return Labels(np.zeros(0), np.zeros(0), np.zeros(0), np.zeros(0, dtype=np.int64))
        predicted = self._model.predict(mols)
        similarity, index = nearest(ecfp(mols), self._bits)
        a, b, c = self._error
        error = a + b * predicted.spread + c * (1 - similarity)
        if not self._classifies:
            return Labels(predicted.value, error, similarity, index)
        value = (predicted.value >= 0.5).astype(np.float64)
        return Labels(value, np.clip(np.maximum(error, np.abs(predicted.value - value)), 0, 1), similarity, index)


def _is_spread(part: Measured, rare: NDArray[np.bool_] | None) -> bool:
    """Whether each of the folds has molecules of the rarer class."""
    return rare is None or len({murcko_scaffold(part.mols[i]) or i for i in np.flatnonzero(rare)}) >= _FOLDS


def find_nearest_others(bits: Sequence[ExplicitBitVect]) -> tuple[Floats, NDArray[np.int64]]:
    """The nearest other molecule of each, of two or more: Tanimoto similarity [n] and row [n]; the first of equals."""
    similarity, index = np.zeros(len(bits)), np.zeros(len(bits), dtype=np.int64)
    for row, own in enumerate(bits):
        found = np.array(BulkTanimotoSimilarity(own, list(bits)))
        found[row] = -1
        index[row] = int(found.argmax())
        similarity[row] = found[index[row]]
    return similarity, index
