"""Precision, recall, density and coverage of molecules as points: ChemNet's activations.

Of what was tried these tell best that a class of molecules is missing. Precision hardly tells molecules that nothing in
the data is like, since balls of outliers among the data are large (docs/LOG.md, Bias and coverage).
"""

from collections.abc import Sequence

import numpy as np

from molgan.base import cache_folder as cache
from molgan.base.progress import Progress, Silent
from molgan.chem.molecule import parse
from molgan.evaluation import chemnet
from molgan.evaluation.neighbourhoods import FIGURES, NEIGHBOURS, find_neighbourhoods
from molgan.evaluation.reference_statistics import load_or_compute

MOST = 10_000
"""Molecules of either set that are compared, as in the paper on coverage; more are drawn by a seed."""


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
    return find_neighbourhoods(known.astype(np.float64), found.astype(np.float64)).figures


def _draw(smiles: Sequence[str], n: int, rng: np.random.Generator) -> list[str]:
    rows = np.sort(rng.choice(len(smiles), n, replace=False))
    return [smiles[row] for row in rows.tolist()]
