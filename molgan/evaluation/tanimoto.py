"""Tanimoto similarities of many fingerprints at once, as matrix products of their bits.

Two fingerprints without a bit count as equal, as in MOSES.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from molgan.base.progress import Progress, Silent

if TYPE_CHECKING:
    import torch

Packed = NDArray[np.uint8]
"""Fingerprints as [n, bits / 8] bytes."""

_BLOCK = 4096
_LARGEST_EXACT = 256  # bfloat16 holds the integers up to here exactly


def nearest_similarities(
    queries: Packed, references: Packed, *, progress: Progress | None = None
) -> NDArray[np.float64]:
    """The largest Tanimoto similarity of each query to any reference, [queries], 0 to 1; NaN without references."""
    progress = progress or Silent()
    if not len(references):
        return np.full(len(queries), np.nan)
    counts, reference_counts = _popcounts(queries), _popcounts(references)
    exact = max(counts.max(initial=0), reference_counts.max()) <= _LARGEST_EXACT
    columns = _bits(queries, exact)
    best = np.zeros(len(queries))
    progress.start("nearest neighbours", len(references))
    # Among references of one bit count, similarity grows with the number of common bits: its maximum does for them all.
    for count in np.unique(reference_counts):
        group = references[reference_counts == count]
        common = np.zeros(len(queries))
        for _, block in _blocks(group):
            rows = _bits(block, exact)
            for start, part in _blocks(common):
                product = rows @ columns[start : start + _BLOCK].T
                np.maximum(part, product.amax(0).float().numpy(), out=part)
            progress.advance("nearest neighbours", len(block))
        either = counts + count - common
        np.maximum(best, np.divide(common, either, out=np.ones(len(queries)), where=either > 0), out=best)
    progress.finish("nearest neighbours")
    return best


def nearest_two(queries: Packed, references: Packed) -> NDArray[np.float64]:
    """The two largest Tanimoto similarities of each query to the references, in descending order, [queries, 2], 0 to 1;
    NaN where there are not so many references."""
    import torch

    best = torch.full((len(queries), 2), -1.0)
    counts, reference_counts = (torch.from_numpy(_popcounts(each)).float() for each in (queries, references))
    for start, block in _blocks(references):
        columns, known = _bits(block, False), reference_counts[start : start + len(block)]
        for begin, part in _blocks(queries):
            rows = slice(begin, begin + len(part))
            common = _bits(part, False) @ columns.T
            either = counts[rows, None] + known[None] - common
            similarity = torch.where(either > 0, common / either, 1.0)
            best[rows] = torch.cat([best[rows], similarity], dim=1).topk(2, dim=1).values
    found = best.double().numpy()
    return np.asarray(np.where(found < 0, np.nan, found))


def mean_similarities(
    fingerprints: Packed, weights: NDArray[np.float64], *, progress: Progress | None = None
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The means of T and of T² of each fingerprint to all, itself included: two arrays [n], 0 to 1.

    `weights` [n], positive, says how often each counts. Time grows with the square of n.
    """
    import torch

    progress = progress or Silent()
    bits, counts = _bits(fingerprints, False), torch.from_numpy(_popcounts(fingerprints)).float()
    share = torch.from_numpy(weights / weights.sum()).float()
    first, second = np.empty(len(fingerprints)), np.empty(len(fingerprints))
    progress.start("internal diversity", len(fingerprints))
    for start, block in _blocks(fingerprints):
        rows = slice(start, start + len(block))
        sums = torch.zeros(2, len(block), dtype=torch.float64)
        for begin, other in _blocks(fingerprints):
            columns = slice(begin, begin + len(other))
            common = bits[rows] @ bits[columns].T
            either = counts[rows, None] + counts[None, columns] - common
            similarity = torch.where(either > 0, common / either, 1.0)
            sums[0] += similarity @ share[columns]
            sums[1] += similarity.square_() @ share[columns]
        first[rows], second[rows] = sums.numpy()
        progress.advance("internal diversity", len(block))
    progress.finish("internal diversity")
    return first, second


def _blocks(array: NDArray) -> Iterator[tuple[int, NDArray]]:  # type: ignore[type-arg]
    """(offset, view) of successive blocks of rows."""
    for start in range(0, len(array), _BLOCK):
        yield start, array[start : start + _BLOCK]


def _popcounts(packed: Packed) -> NDArray[np.float64]:
    return np.asarray(np.bitwise_count(packed).sum(axis=1, dtype=np.float64))


def _bits(packed: Packed, small: bool) -> "torch.Tensor":
    """0 and 1 as [n, bits]. `small`: no count exceeds 256, so bfloat16 will do where the processor multiplies it."""
    import torch

    fast = small and getattr(torch.cpu, "_is_avx512_bf16_supported", lambda: False)()
    bits = torch.from_numpy(np.unpackbits(packed, axis=1))
    return bits.to(torch.bfloat16 if fast else torch.float32)
