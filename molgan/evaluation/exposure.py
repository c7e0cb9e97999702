"""Exposure of canaries (Carlini et al. 2019, "The Secret Sharer"): what a model has kept of molecules planted in its
training data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from molgan.evaluation.bootstrap import Interval, bootstrap_mean

CHANCE = 1 / np.log(2)
"""The mean exposure of canaries that were not planted, in bits."""


@dataclass(frozen=True, slots=True)
class Exposure:
    """The mean exposure in bits of `canaries` that were planted `times` times each, and that of the most exposed one;
    1.44 on average for a model that has never seen them."""

    times: int
    canaries: int
    mean: Interval
    most: float


def measure_exposure(
    scores: NDArray[np.float64], times: Sequence[int], rng: np.random.Generator
) -> tuple[list[Exposure], float]:
    """The exposure by how often canaries were planted, ascending, and the highest that could be found.

    Exposure is log2 of the number of candidates less log2 of the canary's rank among them (equation 4), where the
    candidates are the canary and those made-up molecules that were not planted, and the rank is by `scores` [n], such
    as log-likelihoods, highest first. `times` [n] is 0 for molecules that were not planted. NaN scores do not count.
    """
    planted, known = np.asarray(times), ~np.isnan(scores)
    references = np.sort(scores[known & (planted == 0)])
    most = float(np.log2(len(references) + 1))
    found: Mapping[int, NDArray[np.float64]] = {
        int(each): scores[known & (planted == each)] for each in np.unique(planted[planted > 0])
    }
    exposures = []
    for each, canaries in found.items():
        # Ties count half, so that a model that cannot tell molecules apart exposes none.
        above = (
            len(references)
            - (np.searchsorted(references, canaries, "left") + np.searchsorted(references, canaries, "right")) / 2
        )
        bits = most - np.log2(1 + above)
        top = float(bits.max()) if len(bits) else float("nan")
        exposures.append(Exposure(each, len(canaries), bootstrap_mean(bits, rng), top))
    return exposures, most
