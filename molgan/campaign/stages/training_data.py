"""Draws molecules from the training data."""

import numpy as np

from molgan.chem.settings import DataSettings


def draw_molecules(data: DataSettings, count: int, seed: int) -> list[str]:
    """`count` SMILES of the training data (all if it has fewer), drawn without replacement by the seed."""
    from molgan.filters.known.reference_set import ReferenceSet

    known = ReferenceSet.load(str(data.train), data.column)
    rows = np.random.default_rng(seed).choice(len(known), min(count, len(known)), replace=False)
    return [known.smiles(row) for row in rows.tolist()]
