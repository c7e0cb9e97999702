"""The memories of training towards a reward: known scores, and how often each scaffold was seen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from typing import Any

import numpy as np
from rdkit import Chem

from molgan.chem.fingerprints import murcko_scaffold
from molgan.training.settings import DiversityMemorySettings
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


class DiversityMemory:
    """Counts the good molecules of each Murcko scaffold; molecules of full scaffolds get no reward.

    Blaschke et al. 2020, "Memory-assisted reinforcement learning for diverse molecular de novo design".
    """

    def __init__(self, settings: DiversityMemorySettings):
        self.settings = settings
        self._count: Counter[str] = Counter()
        self._seen: set[str] = set()

    @property
    def scaffolds(self) -> int:
        """Distinct scaffolds among the good molecules."""
        return len(self._count)

    def penalise(self, smiles: Sequence[str], rewards: np.ndarray) -> np.ndarray:
        """The rewards, 0 where the molecule is a repeat or its scaffold is full; good molecules are remembered."""
        allowed = np.array(rewards, dtype=float)
        for i, (text, reward) in enumerate(zip(smiles, rewards, strict=True)):
            if reward < self.settings.minimum_score:
                continue
            scaffold = murcko_scaffold(Chem.MolFromSmiles(text))
            if text in self._seen or self._count[scaffold] >= self.settings.bucket:
                allowed[i] = 0.0
            else:
                self._seen.add(text)
                self._count[scaffold] += 1
        return allowed

    def state_dict(self) -> dict[str, Any]:
        return {"count": dict(self._count), "seen": sorted(self._seen)}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self._count, self._seen = Counter(state["count"]), set(state["seen"])
