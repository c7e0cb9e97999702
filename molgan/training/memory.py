"""Remembers the scores of a training towards a reward, so that no molecule is scored twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from typing import Any

import numpy as np

from molgan.training.refusals import RefuseText
from molgan.training.share import ALONE, Share

Reward = Callable[[Sequence[str | None]], np.ndarray]


class OracleCache:
    """Calls the reward only for molecules that are not scored yet; keys are canonical SMILES.

    What is refused gets a reward of 0 and costs no call. With a `share` the leading worker refuses and calls, and all
    workers know the same molecules.
    """

    def __init__(self, reward: Reward, share: Share = ALONE, refuse: RefuseText = lambda text: None):
        self._reward = reward
        self._share = share
        self._refuse = refuse
        self._known: dict[str, float] = {}
        self._refused: dict[str, str] = {}

    @property
    def calls(self) -> int:
        """Distinct molecules scored so far."""
        return len(self._known) - len(self._refused)

    @property
    def refused(self) -> Counter[str]:
        """Distinct molecules that were refused, by the kind of the reason."""
        return Counter(self._refused.values())

    def __call__(self, smiles: Sequence[str]) -> np.ndarray:
        """Rewards in 0..1, in order."""
        return self.ask(smiles)()

    def ask(self, smiles: Sequence[str], background: Executor | None = None) -> Callable[[], np.ndarray]:
        """A function that returns the rewards; a `background` executor computes them in the meantime."""
        new = list(dict.fromkeys(s for s in smiles if s not in self._known))
        reasons = {s: reason for s in new if (reason := self._refuse(s))} if self._share.leads else {}
        asked = [s for s in new if s not in reasons]
        underway = background.submit(self._reward, asked) if background and asked and self._share.leads else None

        def find() -> tuple[dict[str, float], dict[str, str]]:
            rewards = underway.result() if underway else self._reward(asked)
            found = dict(zip(asked, map(float, rewards), strict=True))
            return found, {s: reason.partition(":")[0] for s, reason in reasons.items()}

        def answer() -> np.ndarray:
            if new:
                found, refused = self._share.from_leader(find)
                self._refused.update(refused)
                self._known.update((s, found.get(s, 0.0)) for s in new)
            return np.array([self._known[s] for s in smiles])

        return answer

    def state_dict(self) -> dict[str, Any]:
        return {"known": self._known, "refused": self._refused}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self._known, self._refused = dict(state["known"]), dict(state.get("refused", {}))
