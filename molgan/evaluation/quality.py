"""Quality and coverage: the share of drug-like samples, and the number of distinct regions that they cover."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from rdkit.DataStructs import BulkTanimotoSimilarity, CreateFromBitString, ExplicitBitVect

from molgan.evaluation.molecule_features import PROPERTIES, Features

_QED, _SA = list(PROPERTIES).index("QED"), list(PROPERTIES).index("SA")


def quality(distinct: Sequence[Features], given: int, *, qed: float = 0.6, sa: float = 4.0) -> float:
    """Distinct valid molecules with QED ≥ `qed` and SA ≤ `sa`, as a share of all `given` samples, 0..1; NaN for none.

    Quality as in SAFE-GPT (Noutahi et al. 2024) and GenMol (Lee et al. 2025).
    """
    good = sum(each.properties[_QED] >= qed and each.properties[_SA] <= sa for each in distinct)  # NaN is neither
    return good / given if given else float("nan")


def circles(fingerprints: Sequence[ExplicitBitVect], *, distance: float = 0.75) -> int:
    """#Circles: the size of a set of molecules that lie more than `distance` (1 - Tanimoto similarity) apart.

    The largest such set is hard to find; the set is built greedily in the given order, which gives a lower bound, as in
    Xie et al., How Much Space Has Been Explored? (ICLR 2023), whose `distance` is 0.75.
    """
    centres: list[ExplicitBitVect] = []
    for fingerprint in fingerprints:
        if not centres or 1 - max(BulkTanimotoSimilarity(fingerprint, centres)) > distance:
            centres.append(fingerprint)
    return len(centres)


def unpack(packed: NDArray[np.uint8]) -> list[ExplicitBitVect]:
    """RDKit's vectors of fingerprints packed to bytes, uint8 [n, bits / 8]."""
    return [CreateFromBitString("".join(map(str, row))) for row in np.unpackbits(packed, axis=1).tolist()]
