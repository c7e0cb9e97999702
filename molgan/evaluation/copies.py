"""How near samples come to the molecules of a training set, beside how near they come to molecules held out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from molgan.chem.fingerprints import ecfp
from molgan.chem.molecule import parse
from molgan.evaluation.bootstrap import Interval, bootstrap_mean, bootstrap_ratios
from molgan.evaluation.tanimoto import Packed, nearest_two

NEAR = 0.9
"""The Tanimoto similarity (ECFP4) from which on a sample is a near copy."""

_BITS = 2048
_CHUNK = 1024


@dataclass(frozen=True, slots=True)
class Nearness:
    """Samples beside a set of molecules: the share that is a near copy of one, and the median of the ratio of the
    distances to the nearest and to the second nearest, 0 (a copy) to 1 (between two), of those that have distances."""

    near: Interval
    distance_ratio: float


@dataclass(frozen=True, slots=True)
class NearCopies:
    """Samples beside as many molecules of the training set and of the holdout.

    `excess`: the share of near copies of training molecules less that of the holdout, 0 where nothing is copied.
    `closer`: the share of samples that are nearer to the training set than to the holdout, ties counting half; .5 where
    nothing is copied.
    """

    size: int
    training: Nearness
    holdout: Nearness | None = None
    excess: Interval | None = None
    closer: Interval | None = None


@dataclass(frozen=True, slots=True)
class ExactCopies:
    """Samples that are in the whole training file, and in the whole holdout. `ratio`: how many times as likely a
    molecule of the training file is drawn as one of the holdout, 1 where nothing is copied, NaN without a copy."""

    samples: int
    training: int
    training_size: int
    holdout: int | None = None
    holdout_size: int | None = None
    ratio: Interval | None = None


def compare_near(samples: Packed, training: Packed, holdout: Packed | None, rng: np.random.Generator) -> NearCopies:
    """Compare fingerprints [n, bits / 8] of samples with those of a training set and of a holdout of the same size."""
    to_training = nearest_two(samples, training)
    described = _describe(to_training, rng)
    if holdout is None:
        return NearCopies(len(training), described)
    to_holdout = nearest_two(samples, holdout)
    is_near = [(each[:, 0] >= NEAR).astype(float) for each in (to_training, to_holdout)]
    closer = 0.5 + 0.5 * np.sign(to_training[:, 0] - to_holdout[:, 0])
    return NearCopies(
        len(training),
        described,
        _describe(to_holdout, rng),
        bootstrap_mean(is_near[0] - is_near[1], rng),
        bootstrap_mean(closer, rng),
    )


def compare_exact(
    samples: int, found: int, size: int, held_out: int | None, held_out_size: int, rng: np.random.Generator
) -> ExactCopies:
    """Of `samples` molecules, `found` are in the training file of `size` molecules, `held_out` in the holdout."""
    if held_out is None:
        return ExactCopies(samples, found, size)
    ratio = Interval(*[float("nan")] * 3)
    if found or held_out:
        bits = bootstrap_ratios(np.array([found]), samples, np.array([held_out]), samples, rng)[0]
        ratio = Interval(*(2.0 ** (bits - np.log2(size / held_out_size))).tolist())
    return ExactCopies(samples, found, size, held_out, held_out_size, ratio)


def pack_fingerprints(smiles: Sequence[str]) -> Packed:
    """ECFP4 of valid SMILES as bytes [n, 256]."""
    from rdkit.DataStructs import BitVectToBinaryText

    packed = np.zeros((len(smiles), _BITS // 8), np.uint8)
    for start in range(0, len(smiles), _CHUNK):
        mols = [parse(text).mol for text in smiles[start : start + _CHUNK]]
        for i, bits in enumerate(ecfp([mol for mol in mols if mol is not None], bits=_BITS), start):
            packed[i] = np.frombuffer(BitVectToBinaryText(bits), np.uint8)
    return packed


def _describe(similarities: NDArray[np.float64], rng: np.random.Generator) -> Nearness:
    near = bootstrap_mean((similarities[:, 0] >= NEAR).astype(float), rng)
    first, second = 1 - similarities[:, 0], 1 - similarities[:, 1]
    ratios = np.where(first > 0, first / np.maximum(second, 1e-12), 0.0)
    return Nearness(near, float(np.median(ratios)) if len(ratios) else float("nan"))
