"""Foreign models: a pickled estimator with the interface of scikit-learn on ECFP4 bits, for a trusted maker."""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rdkit import Chem
from rdkit.Chem import rdFingerprintGenerator

from molgan.base.errors import WeightsError
from molgan.chem.fingerprints import ecfp, nearest
from molgan.chem.molecule import parse_all
from molgan.chem.reading import read_smiles
from molgan.models.qsar.ensemble import Prediction
from molgan.models.qsar.settings import FINGERPRINT_BITS, FINGERPRINT_RADIUS

SUFFIXES = (".pkl", ".pickle", ".joblib")


class PickledModel:
    """An estimator with `predict`, or `predict_proba` for the last class, on ECFP4 as 2,048 bits.

    Its spread is that of its `estimators_`, if it has any (a random forest), and its expected error equals its spread,
    since no measured errors are known. Without its training molecules, similarities are NaN.
    """

    def __init__(self, path: Path, training: Path | None = None) -> None:
        """Load a pickle, which runs any code in it. Raises WeightsError where that fails or it cannot predict."""
        try:
            self._estimator = _load(path)
        except Exception as error:
            raise WeightsError(f"{path}: cannot be unpickled: {' '.join(str(error).split()):.120}") from None
        if not hasattr(self._estimator, "predict"):
            raise WeightsError(f"{path}: holds a {type(self._estimator).__name__}, which cannot predict")
        self._domain = _fingerprints(training) if training else []

    @property
    def classifies(self) -> bool:
        """Whether values are probabilities."""
        return hasattr(self._estimator, "predict_proba")

    def predict(self, mols: Sequence[Chem.Mol]) -> Prediction:
        """Predict molecules: one value per molecule, in order."""
        if not mols:
            return Prediction(*np.zeros((4, 0)))
        generator = rdFingerprintGenerator.GetMorganGenerator(radius=FINGERPRINT_RADIUS, fpSize=FINGERPRINT_BITS)
        bits = np.array([generator.GetFingerprintAsNumPy(mol) for mol in mols], dtype=np.float32)
        parts = [each for each in np.ravel(getattr(self._estimator, "estimators_", [])) if hasattr(each, "predict")]
        spread = np.std([_values(part, bits) for part in parts], axis=0) if len(parts) > 1 else np.zeros(len(mols))
        similarity, _ = nearest(ecfp(mols, FINGERPRINT_RADIUS, FINGERPRINT_BITS), self._domain)
        return Prediction(_values(self._estimator, bits), spread, similarity, spread)


def _values(estimator: Any, bits: NDArray[np.float32]) -> NDArray[np.float64]:
    if hasattr(estimator, "predict_proba"):
        return np.asarray(estimator.predict_proba(bits), dtype=np.float64)[:, -1]
    return np.asarray(estimator.predict(bits), dtype=np.float64).reshape(len(bits))


def _load(path: Path) -> Any:
    try:
        import joblib
    except ImportError:
        with path.open("rb") as stream:
            return pickle.load(stream)
    return joblib.load(path)


def _fingerprints(path: Path) -> list[Any]:
    molecules = parse_all(record.smiles for record in read_smiles(path))
    mols = [molecule.mol for molecule in molecules if molecule.mol is not None]
    return list(ecfp(mols, FINGERPRINT_RADIUS, FINGERPRINT_BITS))
