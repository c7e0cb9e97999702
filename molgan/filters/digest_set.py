"""A set of tens of millions of digests in little memory: 16 bytes each."""

import hashlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Digests = NDArray[np.bytes_]


def digest(text: str) -> bytes:
    """A hash of 16 bytes of a text."""
    return hashlib.blake2b(text.encode(), digest_size=16).digest()


class DigestSet:
    """Sorted arrays, each at least twice as long as the next, so that few are searched and merges are rare."""

    def __init__(self) -> None:
        self._sorted: list[Digests] = []

    def add(self, digests: Sequence[bytes]) -> NDArray[np.bool_]:
        """Add digests [n] of 16 bytes each; whether each is new, bool [n]. Of equal digests only the first is new."""
        distinct, first = np.unique(np.array(digests, "S16"), return_index=True)
        new = np.ones(len(distinct), np.bool_)
        for known in self._sorted:
            place = np.minimum(np.searchsorted(known, distinct), len(known) - 1)
            new &= known[place] != distinct
        fresh = np.zeros(len(digests), np.bool_)
        fresh[first[new]] = True
        self._merge(distinct[new])
        return fresh

    def _merge(self, digests: Digests) -> None:
        while self._sorted and len(self._sorted[-1]) < 2 * len(digests):
            digests = np.sort(np.concatenate([self._sorted.pop(), digests]))
        if len(digests):
            self._sorted.append(digests)
