"""Molecules as points: their whole-molecule descriptors, standardised by a reference set."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from molgan.base import cache_folder as cache
from molgan.base.parallel import map_chunks
from molgan.base.progress import Progress, Silent
from molgan.chem.molecule import parse_all
from molgan.chem.whole_molecule import DESCRIPTORS, descriptors
from molgan.evaluation.molecule_features import CHUNK
from molgan.evaluation.neighbourhoods import FIGURES, NEIGHBOURS, find_neighbourhoods
from molgan.evaluation.reference_statistics import load_or_compute

Points = NDArray[np.float64]

MOST = 10_000
"""Molecules of either set that are compared, as in the paper on coverage; more are drawn by a seed."""


def standardise_points(columns: Points, like: Points) -> Points:
    """Descriptors [n, D] in standard deviations of `like` from its mean; what does not vary in `like` is 0."""
    mean, spread = like.mean(axis=0), like.std(axis=0)
    scale = np.divide(1, spread, out=np.zeros_like(spread), where=spread > 1e-9)
    return np.asarray((columns - mean) * scale)


def compare_neighbourhoods(
    smiles: Sequence[str], reference: Sequence[str], *, n_jobs: int = 1, progress: Progress | None = None
) -> dict[str, float]:
    """Precision, recall, density and coverage of valid samples, on descriptors: equally many of samples and reference,
    at most 10,000. NaN where there are no more than five of either."""
    progress = progress or Silent()
    size = min(MOST, len(smiles), len(reference))
    if size <= NEIGHBOURS:
        return dict.fromkeys(FIGURES, float("nan"))
    rng = np.random.default_rng(0)
    real = _draw(sorted(reference), size, rng)
    path = cache.entry("descriptors-1", cache.content_hash(real), ".npy")
    known = load_or_compute(path, np.load, np.save, lambda: compute_descriptors(real, n_jobs, progress), progress)
    found = compute_descriptors(_draw(smiles, size, rng), n_jobs, progress)
    real_points, points = (standardise_points(columns, known) for columns in (known, found))
    return find_neighbourhoods(real_points, points).figures


def compute_descriptors(smiles: Sequence[str], n_jobs: int = 1, progress: Progress | None = None) -> Points:
    """The `DESCRIPTORS` of valid SMILES, float64 [n, D]; invalid ones have no row."""
    parts = map_chunks(_describe, smiles, CHUNK, n_jobs, task="descriptors", progress=progress or Silent())
    rows = [row for part in parts for row in part]
    return np.array(rows, np.float64).reshape(-1, len(DESCRIPTORS))


def _describe(smiles: list[str]) -> list[list[float]]:
    return [descriptors(molecule.mol) for molecule in parse_all(smiles) if molecule.mol is not None]


def _draw(smiles: Sequence[str], n: int, rng: np.random.Generator) -> list[str]:
    rows = np.sort(rng.choice(len(smiles), n, replace=False))
    return [smiles[row] for row in rows.tolist()]
