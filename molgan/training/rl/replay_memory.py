"""Keeps the best molecules so far, which reinforcement learning learns from again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np


class Encoded(NamedTuple):
    """A molecule, as canonical SMILES, and the actions by which a generator draws it."""

    smiles: str
    actions: tuple[int, ...]


class Replayed(NamedTuple):
    """A molecule in the replay memory; `prior` is its log-probability under the prior, `energy` in nats."""

    smiles: str
    reward: float
    energy: float
    prior: float
    actions: tuple[int, ...]


class ReplayMemory:
    """The best molecules so far, distinct, drawn by rank."""

    def __init__(self, size: int):
        self.size = size
        self.best: list[Replayed] = []

    def add(self, molecules: Sequence[Replayed]) -> None:
        known = {entry.smiles for entry in self.best}
        for molecule in molecules:
            if molecule.smiles not in known:
                known.add(molecule.smiles)
                self.best.append(molecule)
        # Equal rewards are sorted by SMILES, so that the order does not depend on that of the input.
        self.best.sort(key=lambda entry: (-entry.reward, entry.smiles))
        del self.best[self.size :]

    def draw(self, n: int, rng: np.random.Generator) -> list[Replayed]:
        """Draw up to n distinct entries; the weight of the k-th best is 1 / (k + 1% of the memory), as in graph GA."""
        n = min(n, len(self.best))
        weights = 1 / (np.arange(len(self.best)) + 0.01 * self.size + 1)
        if n == 0:
            return []
        chosen = rng.choice(len(self.best), size=n, replace=False, p=weights / weights.sum())
        return [self.best[i] for i in chosen]

    def state_dict(self) -> dict[str, Any]:
        return {"best": [list(entry) for entry in self.best]}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self.best = [Replayed(s, r, e, p, tuple(actions)) for s, r, e, p, actions in state["best"]]
