"""What a chemist counts: the share of samples worth a look, how much of chemical space they cover, and the yield."""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

import numpy as np
from rdkit.DataStructs import BulkTanimotoSimilarity, ExplicitBitVect

from molgan.scoring.batch import Batch
from molgan.scoring.registry import get_scorer


@dataclass(frozen=True, slots=True)
class Quality:
    """Counts of samples; each is a part of the one before. `good` have QED ≥ 0.6 and SA ≤ 4."""

    given: int
    valid: int
    distinct: int
    novel: int
    good: int

    @property
    def share(self) -> float:
        """Good samples / samples, 0..1; NaN without samples."""
        return self.good / self.given if self.given else float("nan")


def quality(
    smiles: Sequence[str | None], *, known: AbstractSet[str] = frozenset(), qed: float = 0.6, sa: float = 4.0
) -> Quality:
    """Quality as in SAFE-GPT (Noutahi et al. 2024) and GenMol (Lee et al. 2025): valid, unique, drug-like, makeable.

    `known`: canonical SMILES that do not count as novel; without them every molecule is, as in those papers.
    """
    batch = Batch.of(smiles)
    novel = Batch.of([batch.molecules[i] for i in _first_places(batch) if batch.molecules[i].smiles not in known])
    good = (get_scorer("qed")(novel).values >= qed) & (get_scorer("sa")(novel).values <= sa)  # NaN is neither
    valid = int((batch.place >= 0).sum())
    return Quality(len(smiles), valid, len(batch.distinct), len(novel.distinct), int(good.sum()))


def circles(fingerprints: Sequence[ExplicitBitVect], *, distance: float = 0.75) -> int:
    """#Circles: how many of them lie more than `distance` (1 - Tanimoto similarity) apart from each other.

    The largest such set is hard to find; this is the one met first in the given order, a lower bound, as in Xie et al.,
    How Much Space Has Been Explored? (ICLR 2023). `distance` 0.75 is theirs.
    """
    centres: list[ExplicitBitVect] = []
    for fingerprint in fingerprints:
        if not centres or 1 - max(BulkTanimotoSimilarity(fingerprint, centres)) > distance:
            centres.append(fingerprint)
    return len(centres)


@dataclass(frozen=True, slots=True)
class Yield:
    """What it takes to make a library: `kept` molecules out of `sampled` in `seconds`."""

    sampled: int
    kept: int
    seconds: float

    @property
    def share(self) -> float:
        """Kept / sampled, 0..1; NaN without samples."""
        return self.kept / self.sampled if self.sampled else float("nan")

    @property
    def per_second(self) -> float:
        """Library molecules a second; NaN without time."""
        return self.kept / self.seconds if self.seconds else float("nan")

    def minutes_for(self, molecules: int) -> float:
        """Minutes until a library has so many molecules at this rate; infinite when none was kept."""
        return molecules / self.kept * self.seconds / 60 if self.kept else float("inf")


def _first_places(batch: Batch) -> list[int]:
    """The place in the input of each distinct molecule."""
    values, first = np.unique(batch.place, return_index=True)
    return sorted(first[values >= 0].tolist())
