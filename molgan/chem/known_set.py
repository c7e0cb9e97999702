"""A Bloom filter: a set of molecules in a few megabytes that answers "probably in it" or "not in it" (Bloom 1970)."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from molgan.base.errors import WeightsError
from molgan.base.files import write_whole

_HASHES = 6
_LARGEST_FILE = 1 << 30


def choose_log2_bits(molecules: int) -> int:
    """The smallest k for which 2^k bits are at least 20 bits per molecule."""
    return max(12, math.ceil(math.log2(20 * max(1, molecules))))


class KnownSet:
    """A set of molecules, by canonical SMILES. A member is always found. So is a small share of other molecules: the
    share of bits that are set, to the power of the number of hashes.

    `bits` uint8 [2^k / 8]. With 21 bits per molecule, 1 of 4,500 other molecules is taken for a member.
    """

    def __init__(self, bits: np.ndarray) -> None:
        self.bits = bits

    @classmethod
    def of(cls, smiles: Iterable[str], *, log2_bits: int = 25) -> KnownSet:
        """A set of canonical SMILES in 2^`log2_bits` bits, see `choose_log2_bits`."""
        known = cls(np.zeros(2**log2_bits // 8, dtype=np.uint8))
        chunk: list[str] = []
        for text in smiles:
            chunk.append(text)
            if len(chunk) == 65_536:
                known._add(chunk)
                chunk.clear()
        known._add(chunk)
        return known

    def contains(self, smiles: Sequence[str]) -> np.ndarray:
        """Whether each canonical SMILES is in the set, bool [n]."""
        places = self._places(smiles)
        return np.asarray(((self.bits[places >> 3] >> (places & 7).astype(np.uint8)) & 1).all(1), bool)

    def save(self, path: Path) -> None:
        """Write the set as .npz. Raises OSError."""
        with write_whole(path) as file:
            np.savez(file, bits=self.bits)

    @classmethod
    def load(cls, path: Path) -> KnownSet:
        """Read what `save` wrote. Raises WeightsError where the file is missing or damaged."""
        try:
            with np.load(path, allow_pickle=False) as file:
                if file.zip.getinfo("bits.npy").file_size > _LARGEST_FILE:
                    raise ValueError("too large")
                bits = file["bits"]
            if bits.dtype != np.uint8 or bits.ndim != 1 or not len(bits):
                raise ValueError("no bits")
            return cls(bits)
        except (OSError, ValueError, KeyError, TypeError, AttributeError, BadZipFile) as error:
            mend = "train the critic again, or sample with --raw"
            raise WeightsError(f"{path}: not a set of known molecules ({error}); {mend}") from error

    def _add(self, smiles: Sequence[str]) -> None:
        places = self._places(smiles)
        np.bitwise_or.at(self.bits, places.ravel() >> 3, (1 << (places.ravel() & 7)).astype(np.uint8))

    def _places(self, smiles: Sequence[str]) -> np.ndarray:
        """The bits of each, int64 [n, hashes], by double hashing (Kirsch & Mitzenmacher 2006)."""
        digests = b"".join(hashlib.blake2b(text.encode(), digest_size=16).digest() for text in smiles)
        first, second = np.frombuffer(digests, dtype="<u8").reshape(-1, 2).T
        steps = np.arange(_HASHES, dtype=np.uint64)
        strides = steps * (second[:, None] | np.uint64(1))
        return ((first[:, None] + strides) % np.uint64(len(self.bits) * 8)).astype(np.int64)
