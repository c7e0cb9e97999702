"""In how many molecules each of many texts or numbers occurs, by 32-bit hashes in a sorted array."""

import hashlib
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Self

import numpy as np


@lru_cache(maxsize=1_000_000)
def hash_text(text: str) -> int:
    """32 bits of BLAKE2b of a text. Of 200,000 texts in a table, one of 20,000 others is taken for one of them."""
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=4).digest(), "little")


class CountTable:
    """`keys` uint32 [K], ascending, and `counts` int64 [K], the number of molecules that have each."""

    def __init__(self, keys: np.ndarray, counts: np.ndarray) -> None:
        self.keys = keys
        self.counts = counts

    @classmethod
    def of(cls, molecules: Iterable[np.ndarray]) -> Self:
        """From the distinct keys of each molecule, uint32."""
        parts = list(molecules)
        together = np.concatenate(parts) if parts else np.empty(0, np.uint32)
        keys, counts = np.unique(together.astype(np.uint32), return_counts=True)
        return cls(keys, counts.astype(np.int64))

    @classmethod
    def merge(cls, tables: Sequence["CountTable"]) -> Self:
        """The counts of all tables together."""
        together = np.concatenate([np.empty(0, np.uint32), *(table.keys for table in tables)])
        keys, places = np.unique(together, return_inverse=True)
        counts = np.zeros(len(keys), np.int64)
        np.add.at(counts, places, np.concatenate([np.empty(0, np.int64), *(table.counts for table in tables)]))
        return cls(keys, counts)

    @property
    def most(self) -> int:
        """The count of the most frequent, 0 of an empty table."""
        return int(self.counts.max(initial=0))

    def prune(self, least: int) -> "CountTable":
        """Without what fewer molecules have."""
        kept = self.counts >= least
        return CountTable(self.keys[kept], self.counts[kept])

    def look_up(self, keys: np.ndarray) -> np.ndarray:
        """The count of each key, int64 [n], 0 for an unknown one."""
        if not len(self.keys):
            return np.zeros(len(keys), np.int64)
        places = np.searchsorted(self.keys, keys).clip(max=len(self.keys) - 1)
        return np.where(self.keys[places] == keys, self.counts[places], 0)

    def look_up_texts(self, texts: Sequence[str]) -> np.ndarray:
        """The count of each text, int64 [n], 0 for an unknown one."""
        return self.look_up(hash_texts(texts))

    def pack(self, name: str) -> dict[str, np.ndarray]:
        """Arrays for a file: the steps from key to key, and the counts in as few bytes as hold them."""
        kind = np.uint16 if self.most < 2**16 else np.uint32
        return {f"{name}_steps": np.diff(self.keys, prepend=np.uint32(0)), f"{name}_counts": self.counts.astype(kind)}

    @classmethod
    def unpack(cls, name: str, arrays: "np.lib.npyio.NpzFile") -> Self:
        """Read what `pack` made. Raises KeyError."""
        keys = np.cumsum(arrays[f"{name}_steps"], dtype=np.uint32)
        return cls(keys, arrays[f"{name}_counts"].astype(np.int64))


def hash_texts(texts: Sequence[str]) -> np.ndarray:
    """The keys of texts, uint32 [n]."""
    return np.fromiter(map(hash_text, texts), np.uint32, len(texts))
