"""Remembers the good molecules of a training by their families, and rewards those of large families less."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from rdkit import Chem

from molgan.training.families import Families
from molgan.training.settings import DiversityMemorySettings

PENALTIES: dict[str, Callable[[int, int], float]] = {
    "step": lambda n, bucket: float(n <= bucket),
    "linear": lambda n, bucket: max(0.0, 1 - n / bucket),
    "sigmoid": lambda n, bucket: (1 - math.tanh((n / bucket - 0.5) / 0.15)) / 2,
    "tanh": lambda n, bucket: 1 - math.tanh(3 * (n - 1) / bucket),
    "erf": lambda n, bucket: 1 + math.erf(math.sqrt(math.pi) / bucket) - math.erf(math.sqrt(math.pi) * n / bucket),
}
"""The factors of the reward, 0..1, of the n-th good molecule of a family (n from 1) with buckets of a size (≥ 1).

They are those of REINVENT4 (Loeffler et al. 2024; the penalties of `reinvent/runmodes/RL` in its repository), `step`
that of the scaffold memory of REINVENT (Blaschke et al. 2020). The sigmoid is 1 / (1 + exp((2n / bucket - 1) / .15)).
"""

_FIGURES = {"murcko": "scaffolds", "topological": "scaffolds", "similarity": "clusters", "molecule": "memory"}


class DiversityMemory:
    """Counts the good molecules of each family: of a scaffold, of similar molecules, or of one molecule.

    Blaschke et al. 2020, "Memory-assisted reinforcement learning for diverse molecular de novo design". The families
    are those of REINVENT4's diversity filters; in place of `ScaffoldSimilarity` whole molecules are compared, and where
    `PenalizeSameSmiles` halves each repeat of a molecule, repeats are counted here.
    """

    def __init__(self, settings: DiversityMemorySettings):
        self.settings = settings
        self._penalty = PENALTIES[settings.penalty]
        self._families = Families(settings.by, settings.similarity)
        self._count: Counter[str] = Counter()
        self._seen: set[str] = set()

    @property
    def families(self) -> int:
        """Distinct families among the good molecules."""
        return len(self._count)

    @property
    def figures(self) -> dict[str, int]:
        """The number of families, by what the metrics call them: scaffolds, clusters, or molecules in memory."""
        return {_FIGURES[self.settings.by]: self.families}

    def penalise(self, smiles: Sequence[str], rewards: np.ndarray) -> np.ndarray:
        """The rewards, less where a good molecule belongs to a large family; good molecules are remembered.

        Except where repeats are what is counted, a good molecule that comes again gets nothing and does not count.

        Args:
            smiles: Canonical SMILES, n of them, in the order in which they count.
            rewards: Their rewards [n], 0 to 1.
        """
        allowed = np.array(rewards, dtype=float)
        for i, (text, reward) in enumerate(zip(smiles, rewards, strict=True)):
            if reward < self.settings.minimum_score:
                continue
            if self.settings.by != "molecule" and text in self._seen:
                allowed[i] = 0.0
                continue
            self._seen.add(text)
            family = self._families.find(text, Chem.MolFromSmiles(text))
            self._count[family] += 1
            allowed[i] *= self._penalty(self._count[family], self.settings.bucket)
        return allowed

    def state_dict(self) -> dict[str, Any]:
        return {"count": dict(self._count), "seen": sorted(self._seen)}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        # The names of the families are in the order in which they were founded.
        self._families = Families(self.settings.by, self.settings.similarity, founders=state["count"])
        self._count, self._seen = Counter(state["count"]), set(state["seen"])
