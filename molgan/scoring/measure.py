"""Properties of many molecules as numbers alone, for data that a generator learns from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from rdkit import Chem

from molgan.scoring.base import Scorer
from molgan.scoring.fast.descriptors import Descriptors
from molgan.scoring.registry import get_named_scorer


@dataclass(frozen=True)
class Measure:
    """Measures molecules by the scorers `names`, past all caches; can be sent to another process."""

    names: tuple[str, ...]

    def __call__(self, mols: Sequence[Chem.Mol]) -> np.ndarray:
        """The raw values of sanitised molecules, float32 [M, names]; NaN for a failure. Raises ConfigError for an
        unknown name."""
        molecules = [Descriptors(Chem.MolToSmiles(mol), mol) for mol in mols]
        columns = [[score.value for score in scorer.score_fresh(molecules)] for scorer in _scorers(self.names)]
        return np.array(columns, dtype=np.float32).reshape(len(self.names), len(mols)).T


@cache  # outside the class, since scorers cannot be sent to another process
def _scorers(names: tuple[str, ...]) -> list[Scorer]:
    return [get_named_scorer(name) for name in names]
