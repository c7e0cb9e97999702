"""A Gaussian process on fingerprints that predicts the oracle, so that calls go to the most promising candidates.

It learns from the molecules of the run alone. The kernel is the Tanimoto kernel on ECFP counts (Ralaivola et al. 2005)
and a Gaussian one on whole-molecule properties; its weights are those of the highest marginal likelihood on a grid.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any

import numpy as np
from rdkit import Chem
from rdkit.Chem import rdFingerprintGenerator, rdMolDescriptors
from scipy.linalg import cho_solve, solve_triangular

from molgan.scoring.fast.descriptors import Descriptors

_BITS, _MOST = 1024, 4  # length of the fingerprint, and largest count
_ELEMENTS = ("C", "N", "O", "F", "S", "Cl", "Br", "I", "P", "B", "Si", "H")
_FORMULA = re.compile(r"([A-Z][a-z]?)(\d*)")
_GRID = tuple(product((0.2, 0.5, 0.8), (1.0, 2.0, 4.0), (1e-4, 1e-3, 1e-2, 1e-1)))  # fingerprint's share, length, noise
_GENERATOR = rdFingerprintGenerator.GetMorganGenerator(radius=2, fpSize=_BITS)


def fingerprint(mol: Chem.Mol) -> np.ndarray:
    """ECFP4 counts up to 4 in unary, [4096] of 0 and 1, so that common ones give the smaller of two counts."""
    counts = _GENERATOR.GetCountFingerprintAsNumPy(mol)
    return np.asarray(counts[None, :] > np.arange(_MOST)[:, None]).ravel()


def properties(molecule: Descriptors) -> np.ndarray:
    """Atoms of each element, rings, polarity, logP and shape of a molecule, [20]."""
    mol = molecule.mol
    counts = {symbol: int(count or 1) for symbol, count in _FORMULA.findall(rdMolDescriptors.CalcMolFormula(mol))}
    return np.array(
        [
            *(counts.get(symbol, 0) for symbol in _ELEMENTS),
            mol.GetNumAtoms(),
            rdMolDescriptors.CalcNumRings(mol),
            rdMolDescriptors.CalcNumAromaticRings(mol),
            molecule.rotatable_bonds,
            molecule.donors,
            rdMolDescriptors.CalcNumHBA(mol),
            molecule.tpsa / 10,
            molecule.logp,
        ],
        dtype=np.float32,
    )


class Features:
    """Fingerprints [n, 4096] (0 and 1) and properties [n, 20] of molecules."""

    def __init__(self, bits: np.ndarray, properties: np.ndarray):
        self.bits = bits
        self.properties = properties

    @classmethod
    def of(cls, molecules: Sequence[Descriptors]) -> Features:
        bits = np.array([fingerprint(each.mol) for each in molecules], dtype=np.uint8)
        return cls(bits, np.array([properties(each) for each in molecules]))

    @classmethod
    def stack(cls, parts: Sequence[Features]) -> Features:
        return cls(np.concatenate([part.bits for part in parts]), np.concatenate([part.properties for part in parts]))

    def rows(self) -> list[Features]:
        """The features of each molecule."""
        return [Features(self.bits[i : i + 1], self.properties[i : i + 1]) for i in range(len(self.bits))]


class Surrogate:
    """A model of the oracle: `fit` it, then `predict`."""

    def __init__(self, *, refit_every: int = 10):
        self._refit_every = refit_every
        self._fits = 0
        self._choice = _GRID[0]

    def fit(self, features: Features, scores: np.ndarray) -> None:
        """Fit the model to molecules and their scores [n]."""
        self._features = features
        self._mean, self._spread = float(scores.mean()), float(scores.std()) + 1e-9
        self._centre = features.properties.mean(0)
        self._width = (features.properties.std(0) + 0.1) * np.sqrt(features.properties.shape[1])
        wanted = (scores - self._mean) / self._spread
        alike, apart = self._compare(features, features)
        if self._fits % self._refit_every == 0:
            self._choice = max(_GRID, key=lambda choice: _evidence(alike, apart, wanted, *choice))
        self._fits += 1
        self._factor, self._weights, self._scale = _solve(alike, apart, wanted, *self._choice)

    def predict(self, features: Features) -> tuple[np.ndarray, np.ndarray]:
        """Mean [m] and covariance [m, m] of the scores of molecules, without the oracle's noise."""
        share, length, _ = self._choice
        across = _kernel(*self._compare(features, self._features), share, length)
        seen = solve_triangular(self._factor, across.T, lower=True, check_finite=False)
        within = _kernel(*self._compare(features, features), share, length)
        covariance = self._scale * (within - seen.T @ seen)
        return self._mean + self._spread * (across @ self._weights), self._spread**2 * covariance

    def state_dict(self) -> dict[str, Any]:
        return {"fits": self._fits, "choice": list(self._choice)}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self._fits, self._choice = state["fits"], tuple(state["choice"])

    def _compare(self, a: Features, b: Features) -> tuple[np.ndarray, np.ndarray]:
        """Tanimoto similarity and squared distance of properties, each [a, b]."""
        ours, theirs = (each.bits.astype(np.float32) for each in (a, b))
        common = (ours @ theirs.T).astype(np.float64)
        alike = common / np.maximum(ours.sum(1)[:, None] + theirs.sum(1)[None, :] - common, 1)
        x, y = ((each.properties - self._centre) / self._width for each in (a, b))
        apart = (x**2).sum(1)[:, None] + (y**2).sum(1)[None, :] - 2 * x @ y.T
        return alike, np.maximum(apart, 0)


def draw_functions(
    mean: np.ndarray, covariance: np.ndarray, n: int, boldness: float, rng: np.random.Generator
) -> np.ndarray:
    """Draw functions from a Gaussian process.

    Args:
        mean: Mean at m molecules [m].
        covariance: Covariance [m, m].
        n: The number of functions.
        boldness: Factor of their spread, at least 0.
        rng: Random numbers.

    Returns:
        Their values [n, m].
    """
    jitter = 1e-6 * max(float(np.diag(covariance).mean()), 1e-12)
    covariance = covariance + jitter * np.eye(len(mean))
    try:
        root = np.linalg.cholesky(covariance)
    except np.linalg.LinAlgError:  # rounding made an eigenvalue slightly negative; eigh is slower but handles it
        values, vectors = np.linalg.eigh(covariance)
        root = vectors * np.sqrt(np.maximum(values, 0))
    return np.asarray(mean + boldness * rng.standard_normal((n, len(mean))) @ root.T)


def _kernel(alike: np.ndarray, apart: np.ndarray, share: float, length: float) -> np.ndarray:
    return np.asarray(share * alike + (1 - share) * np.exp(-0.5 * apart / length**2))


def _solve(
    alike: np.ndarray, apart: np.ndarray, wanted: np.ndarray, share: float, length: float, noise: float
) -> tuple[np.ndarray, np.ndarray, float]:
    """The Cholesky factor of the kernel with noise, the weights, and the best scale of the process."""
    kernel = _kernel(alike, apart, share, length)
    kernel[np.diag_indices_from(kernel)] += noise + 1e-8
    factor = np.linalg.cholesky(kernel)
    weights = cho_solve((factor, True), wanted, check_finite=False)
    return factor, weights, float(wanted @ weights) / len(wanted)


def _evidence(
    alike: np.ndarray, apart: np.ndarray, wanted: np.ndarray, share: float, length: float, noise: float
) -> float:
    """Log marginal likelihood (Rasmussen & Williams 2006, equation 5.8) at the best scale, except for a constant."""
    factor, _, scale = _solve(alike, apart, wanted, share, length, noise)
    return float(-np.log(np.diag(factor)).sum() - len(wanted) / 2 * np.log(scale + 1e-12))
