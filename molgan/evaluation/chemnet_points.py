"""Molecules as points: ChemNet's activations on the first principal components of a reference set.

Of descriptors, ChemNet's activations and both together these tell best that a class of molecules is missing
(docs/LOG.md, Bias and coverage).
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from molgan.base import cache_folder as cache
from molgan.base.progress import Progress, Silent
from molgan.chem.molecule import parse
from molgan.evaluation import chemnet
from molgan.evaluation.neighbourhoods import FIGURES, NEIGHBOURS, find_neighbourhoods
from molgan.evaluation.reference_statistics import load_or_compute

Points = NDArray[np.float64]

COMPONENTS = 50

MOST = 10_000
"""Molecules of either set that are compared, as in the paper on coverage; more are drawn by a seed."""


def find_axes(active: NDArray[np.floating]) -> tuple[Points, Points]:
    """The mean [512] of activations [n, 512], and their first principal components [512, at most 50]."""
    centred = active.astype(np.float64) - active.mean(axis=0, dtype=np.float64)
    _, vectors = np.linalg.eigh(centred.T @ centred)
    return active.mean(axis=0, dtype=np.float64), vectors[:, ::-1][:, :COMPONENTS]


def project(active: NDArray[np.floating], axes: tuple[Points, Points]) -> Points:
    """The points [n, 50] of activations [n, 512]."""
    mean, components = axes
    return np.asarray((active - mean) @ components)


def compare_neighbourhoods(
    smiles: Sequence[str], reference: Sequence[str], *, progress: Progress | None = None
) -> dict[str, float]:
    """Precision, recall, density and coverage of valid samples, canonical SMILES: equally many of samples and
    reference, at most 10,000. NaN where there are no more than five of either."""
    progress = progress or Silent()
    size = min(MOST, len(smiles), len(reference))
    if size <= NEIGHBOURS:
        return dict.fromkeys(FIGURES, float("nan"))
    rng = np.random.default_rng(0)
    real = [text for given in _draw(sorted(reference), size, rng) if (text := parse(given).smiles) is not None]
    if len(real) <= NEIGHBOURS:
        return dict.fromkeys(FIGURES, float("nan"))
    path = cache.entry("activations-1", cache.content_hash(real), ".npy")
    known = load_or_compute(path, np.load, np.save, lambda: chemnet.activations(real, progress=progress), progress)
    found = chemnet.activations(_draw(smiles, len(real), rng), progress=progress)
    axes = find_axes(known)
    return find_neighbourhoods(project(known, axes), project(found, axes)).figures


def _draw(smiles: Sequence[str], n: int, rng: np.random.Generator) -> list[str]:
    rows = np.sort(rng.choice(len(smiles), n, replace=False))
    return [smiles[row] for row in rows.tolist()]
