"""Splits molecules into parts that are held out in turn, no scaffold in two of them where there are enough."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
from rdkit import Chem

from molgan.chem.fingerprints import murcko_scaffold

_LARGEST = 2.0  # times its share that a part may have


def split_by_scaffold(mols: Sequence[Chem.Mol], folds: int, rng: np.random.Generator) -> tuple[np.ndarray, bool]:
    """The number of the part of each molecule, int64 [n] from 0, and whether no Murcko scaffold is in two parts.

    Scaffolds go to the part with the fewest molecules, the largest ones first. Where one part would have more than
    twice its share, or a part would be empty, the molecules are split at random instead.
    """
    families: dict[str, list[int]] = defaultdict(list)
    for row, mol in enumerate(mols):
        families[murcko_scaffold(mol)].append(row)
    order = rng.permutation(len(families))
    groups = list(families.values())
    part, sizes = np.zeros(len(mols), dtype=np.int64), np.zeros(folds, dtype=np.int64)
    for i in sorted(order.tolist(), key=lambda i: -len(groups[i])):
        smallest = int(sizes.argmin())
        part[groups[i]] = smallest
        sizes[smallest] += len(groups[i])
    if sizes.min() and sizes.max() <= _LARGEST * len(mols) / folds:
        return part, True
    part[rng.permutation(len(mols))] = np.arange(len(mols)) % folds
    return part, False
