"""Random numbers that only the holder of a key can draw again."""

from __future__ import annotations

import hashlib
import hmac

import numpy as np


class KeyedNoise:
    """Random numbers of a training: the same for the same key and seed, so that it resumes and can be repeated, and not
    to be told from chance by others, who know the seed. Who could draw the noise again could take it off the weights.
    """

    def __init__(self, key: bytes, seed: int) -> None:
        self._key = key
        self._seed = seed

    def open(self, step: int, purpose: str) -> np.random.Generator:
        """The random numbers of a step for one purpose."""
        digest = hmac.new(self._key, f"{purpose} {self._seed} {step}".encode(), hashlib.sha256).digest()
        return np.random.Generator(np.random.Philox(key=int.from_bytes(digest[:16], "big")))

    def choose(self, molecules: int, rate: float, step: int) -> np.ndarray:
        """The rows of the batch of a step: each of `molecules` with the chance `rate`, independently (Poisson)."""
        return np.flatnonzero(self.open(step, "batch").random(molecules) < rate)
