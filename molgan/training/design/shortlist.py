"""Chooses the candidates that the oracle scores."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from rdkit import Chem

from molgan.scoring.fast.descriptors import Descriptors
from molgan.training.design.ledger import Call
from molgan.training.design.proposals import POLICY, Candidate
from molgan.training.design.surrogate import Features, Surrogate, draw_functions
from molgan.training.settings import OptimizeSettings

_ENOUGH = 32  # scored molecules from which on the surrogate is used


class Shortlist:
    """Chooses candidates by a surrogate of the oracle, by Thompson sampling: each call goes to the best candidate of
    one draw from the surrogate.

    The surrogate learns from the calls of one search and from the start molecules; `fit` starts a round.
    """

    def __init__(self, settings: OptimizeSettings):
        self._settings = settings
        self._surrogate = Surrogate()
        self._numbers: list[int] = []  # of the calls
        self._features: list[Features] = []
        self._scores: list[float] = []
        self._described: dict[str, Features] = {}  # of the round's candidates

    def add(self, calls: Sequence[tuple[Call, Chem.Mol]]) -> None:
        """Add scored molecules, which the surrogate learns from."""
        known = [(call, mol) for call, mol in calls if not math.isnan(call.score)]
        if known and self._settings.surrogate:
            self._numbers += [call.number for call, _ in known]
            self._features += Features.of([Descriptors(Chem.MolToSmiles(mol), mol) for _, mol in known]).rows()
            self._scores += [call.score for call, _ in known]

    def join(self, other: Shortlist) -> Shortlist:
        """A shortlist with a new surrogate, which learns from the calls of both."""
        known = {
            number: (features, score)
            for each in (self, other)
            for number, features, score in zip(each._numbers, each._features, each._scores, strict=True)
        }
        joined = Shortlist(self._settings)
        joined._numbers = sorted(known)
        joined._features = [known[number][0] for number in joined._numbers]
        joined._scores = [known[number][1] for number in joined._numbers]
        return joined

    @property
    def ready(self) -> bool:
        """Whether there are enough scores for the surrogate."""
        return bool(self._settings.surrogate) and len(self._numbers) >= _ENOUGH

    def fit(self, rng: np.random.Generator) -> None:
        """Fit the surrogate to the known scores, if there are enough."""
        self._described = {}
        if self.ready:
            scores = np.array(self._scores)
            learned = self._choose_examples(scores, rng)
            self._surrogate.fit(Features.stack([self._features[i] for i in learned]), scores[learned])

    def promising(self, candidates: Sequence[Candidate], n: int, rng: np.random.Generator) -> list[Candidate]:
        """Up to n of the candidates, without repeats, each the best of one draw of the surrogate; none without enough
        scores."""
        n = min(n, len(candidates))
        if not self.ready or not n:
            return []
        values = draw_functions(*self._surrogate.predict(self._describe(candidates)), n, self._settings.boldness, rng)
        chosen: list[int] = []
        for row in values:
            row[chosen] = -np.inf
            chosen.append(int(row.argmax()))
        return [candidates[i] for i in chosen]

    def choose(self, candidates: Sequence[Candidate], n: int, rng: np.random.Generator) -> list[Candidate]:
        """Up to n candidates: a share at random from the agent's own, the rest by the surrogate."""
        order = rng.permutation(len(candidates))
        if not self.ready or len(candidates) <= n:
            return [candidates[i] for i in order[:n]]
        own = [i for i in order if candidates[i].origin == POLICY]
        chosen = own[: n - math.ceil(n * self._settings.screened)]
        rest = [candidates[i] for i in range(len(candidates)) if i not in set(chosen)]
        return [*(candidates[i] for i in chosen), *self.promising(rest, n - len(chosen), rng)]

    def _describe(self, candidates: Sequence[Candidate]) -> Features:
        new = [candidate for candidate in candidates if candidate.smiles not in self._described]
        if new:
            rows = Features.of([Descriptors(candidate.smiles, candidate.mol) for candidate in new]).rows()
            self._described.update((candidate.smiles, row) for candidate, row in zip(new, rows, strict=True))
        return Features.stack([self._described[candidate.smiles] for candidate in candidates])

    def _choose_examples(self, scores: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """The molecules that the surrogate learns from: the best, and others at random."""
        most = self._settings.surrogate
        best = (most + 1) // 2
        order = np.lexsort((-np.array(self._numbers), -scores))  # of equal scores the newer is the better
        others = order[best:]
        return np.concatenate([order[:best], rng.choice(others, min(most - best, len(others)), replace=False)])

    def state_dict(self) -> dict[str, Any]:
        return self._surrogate.state_dict()

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self._surrogate.load_state_dict(state)
