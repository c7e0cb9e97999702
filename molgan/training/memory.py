"""Remembers the scores of a training towards a reward, so that no molecule is scored twice."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from typing import Any

import numpy as np

from molgan.training.share import ALONE, Share

Reward = Callable[[Sequence[str | None]], np.ndarray]


class OracleCache:
    """Calls the reward only for molecules that are not scored yet; keys are canonical SMILES.

    With a `share` the leading worker calls it, and all workers know the same molecules.
    """

    def __init__(self, reward: Reward, share: Share = ALONE):
        self._reward = reward
        self._share = share
        self._known: dict[str, float] = {}

    @property
    def calls(self) -> int:
        """Distinct molecules scored so far."""
        return len(self._known)

    def __call__(self, smiles: Sequence[str]) -> np.ndarray:
        """Rewards in 0..1, in order."""
        return self.ask(smiles)()

    def ask(self, smiles: Sequence[str], background: Executor | None = None) -> Callable[[], np.ndarray]:
        """A function that returns the rewards; a `background` executor computes them in the meantime."""
        new = list(dict.fromkeys(s for s in smiles if s not in self._known))
        underway = background.submit(self._reward, new) if background and new and self._share.leads else None

        def find() -> list[float]:
            rewards = underway.result() if underway else self._reward(new)
            return [float(reward) for reward in rewards]

        def answer() -> np.ndarray:
            if new:
                found = self._share.from_leader(find)
                self._known.update(zip(new, found, strict=True))
            return np.array([self._known[s] for s in smiles])

        return answer

    def state_dict(self) -> dict[str, Any]:
        return {"known": self._known}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self._known = dict(state["known"])
