"""The normal distribution of ChemNet's activations for a list of molecules, and the distance between two (FCD)."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from molgan.base import cache_folder as cache
from molgan.base.progress import Progress, Silent
from molgan.evaluation import chemnet
from molgan.evaluation.frechet import frechet_distance
from molgan.evaluation.reference_statistics import load_or_compute

Fit = NDArray[np.float64]
"""Mean and covariance as rows of one array [513, 512], NaN for fewer than two molecules."""


def fit_activations(active: NDArray[np.floating], counts: NDArray[np.integer] | None = None) -> Fit:
    """The fit to activations [n, 512], each counted `counts` [n] times, by default once."""
    if (len(active) if counts is None else counts.sum()) < 2:
        return np.full((chemnet.DIMENSIONS + 1, chemnet.DIMENSIONS), np.nan)
    active = active.astype(np.float64)
    return np.vstack([np.average(active, axis=0, weights=counts), np.cov(active, rowvar=False, fweights=counts)])


def fit_molecules(smiles: Sequence[str], *, progress: Progress | None = None) -> Fit:
    """The fit to canonical SMILES; one that occurs several times is computed once."""
    if len(smiles) < 2:
        return fit_activations(np.empty((len(smiles), chemnet.DIMENSIONS)))
    texts, counts = np.unique(np.array(smiles), return_counts=True)
    return fit_activations(chemnet.activations(texts.tolist(), progress=progress), counts)


def fit_reference(smiles: Sequence[str], *, progress: Progress | None = None) -> Fit:
    """As `fit_molecules`, kept in the cache folder."""
    progress = progress or Silent()
    path = cache.entry("chemnet-1", cache.content_hash(smiles), ".npy")
    return load_or_compute(path, np.load, np.save, lambda: fit_molecules(smiles, progress=progress), progress)


def distance(a: Fit, b: Fit) -> float:
    """The Fréchet ChemNet distance of two fits (Preuer et al. 2018), NaN where either is NaN."""
    if not (np.isfinite(a).all() and np.isfinite(b).all()):
        return float("nan")
    return frechet_distance(a[0], a[1:], b[0], b[1:])
