"""How often the fragments of a molecule occur in a data set."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Self

import numpy as np
from rdkit import Chem
from rdkit.Chem import rdFingerprintGenerator

_morgan = rdFingerprintGenerator.GetMorganGenerator(radius=2)
_RARE = (0.5, 1.5, 3.0, 5.0, 7.0)  # below: log(1 + molecules that have the fragment)
FAMILIARITIES = ("log count of the rarest fragment", "mean log count", "fragments", *(f"rare {x:g}" for x in _RARE))


def fragments(mol: Chem.Mol) -> np.ndarray:
    """Distinct atom environments of radius 0 to 2 (Morgan), as uint32 numbers."""
    found = _morgan.GetSparseFingerprint(mol).GetOnBits()
    return np.fromiter((bit & 0xFFFFFFFF for bit in found), dtype=np.uint32)


class Familiarity:
    """In how many molecules of a reference each fragment occurs.

    `keys` uint32 [F], ascending, and `counts` int32 [F]. The molecules to judge must not be in the reference: its own
    molecules have no unseen fragment.
    """

    def __init__(self, keys: np.ndarray, counts: np.ndarray) -> None:
        self.keys = keys
        self.counts = counts

    @classmethod
    def of(cls, molecules: Iterable[np.ndarray]) -> Self:
        """From the `fragments` of each molecule of the reference."""
        parts = list(molecules)
        together = np.concatenate(parts) if parts else np.empty(0, dtype=np.uint32)
        keys, counts = np.unique(together, return_counts=True)
        return cls(keys, counts.astype(np.int32))

    def look_up(self, molecules: list[np.ndarray]) -> np.ndarray:
        """`FAMILIARITIES` of molecules given by their `fragments`: float32 [n, 8]; zeros for one without fragments."""
        sizes = np.array([len(part) for part in molecules], dtype=np.int64)
        if not sizes.sum():
            return np.zeros((len(molecules), len(FAMILIARITIES)), dtype=np.float32)
        logs = self._log_counts(np.concatenate(molecules))
        owner = np.repeat(np.arange(len(molecules)), sizes)
        lowest = np.full(len(molecules), np.inf)
        np.minimum.at(lowest, owner, logs)
        mean = np.bincount(owner, logs, len(molecules)) / sizes.clip(1)
        rare = [np.bincount(owner, logs < limit, len(molecules)) for limit in _RARE]
        return np.column_stack([np.where(sizes > 0, lowest, 0), mean, sizes, *rare]).astype(np.float32)

    def _log_counts(self, wanted: np.ndarray) -> np.ndarray:
        if not len(self.keys):
            return np.zeros(len(wanted))
        places = np.searchsorted(self.keys, wanted).clip(max=len(self.keys) - 1)
        return np.log1p(np.where(self.keys[places] == wanted, self.counts[places], 0))
