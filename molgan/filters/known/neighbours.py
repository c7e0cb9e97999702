"""The nearest known neighbour of a molecule, by Tanimoto similarity on ECFP4."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from rdkit import Chem, DataStructs
from rdkit.rdBase import rdkitVersion

from molgan.base import cache_folder as cache
from molgan.chem.fingerprints import ecfp, nearest
from molgan.chem.molecule import parse
from molgan.filters.known.array_cache import recall, remember
from molgan.filters.known.reference_set import ReferenceSet

_KIND = "fingerprints-v1"
_ROW = np.dtype([("row", "<i8"), ("bits", "u1", 256)])
_CHUNK = 1024


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A known molecule (its SMILES as written), its similarity (0..1), and the name of its reference set.

    Without any reference the similarity is NaN and the texts are empty.
    """

    smiles: str
    similarity: float
    reference: str


class Neighbours:
    """The fingerprints of the molecules of reference sets, cached on disk."""

    def __init__(self, references: Sequence[ReferenceSet], *, sample: int | None = None) -> None:
        """`sample` is the number of molecules of each set to compare with, spread evenly over it; None takes all.

        A fingerprint takes about 0.2 ms to compute, once; comparing a molecule with 100,000 of them takes 5 ms.
        """
        self._sets = [(each, *_load_fingerprints(each, sample)) for each in references]

    def __call__(self, mols: Sequence[Chem.Mol]) -> list[Neighbour]:
        """The nearest neighbour of each molecule, in order; among equally near ones that of the first set."""
        best = [Neighbour("", math.nan, "")] * len(mols)
        queries = ecfp(mols)
        for references, rows, fingerprints in self._sets:
            similarities, indices = nearest(queries, fingerprints)
            for i, (similarity, index) in enumerate(zip(similarities.tolist(), indices.tolist(), strict=True)):
                if index >= 0 and not best[i].similarity >= similarity:
                    best[i] = Neighbour(references.smiles(int(rows[index])), similarity, references.name)
        return best


def _load_fingerprints(
    references: ReferenceSet, sample: int | None
) -> tuple[NDArray[np.int64], list[DataStructs.ExplicitBitVect]]:
    """The rows [n] with a valid molecule, and their fingerprints."""
    entry = cache.entry(_KIND, f"{references.digest}-{sample or 'all'}-{rdkitVersion}", ".npy")
    stored = recall(entry)
    if stored is None:
        stored = _compute_fingerprints(references, references.sample_rows(sample))
        remember(entry, stored)
    return stored["row"], [DataStructs.CreateFromBinaryText(bits.tobytes()) for bits in stored["bits"]]


def _compute_fingerprints(references: ReferenceSet, rows: Sequence[int]) -> NDArray[np.void]:
    """The row and the packed bits of each valid molecule in these rows."""
    parts = [np.zeros(0, _ROW)]
    # A parsed molecule takes about 30 kB, its fingerprint 256 bytes: few are parsed at a time.
    for start in range(0, len(rows), _CHUNK):
        mols = {row: parse(references.smiles(row)).mol for row in rows[start : start + _CHUNK]}
        valid = {row: mol for row, mol in mols.items() if mol is not None}
        part = np.zeros(len(valid), _ROW)
        for i, (row, bits) in enumerate(zip(valid, ecfp(list(valid.values())), strict=True)):
            part[i] = row, np.frombuffer(DataStructs.BitVectToBinaryText(bits), np.uint8)
        parts.append(part)
    return np.concatenate(parts)
