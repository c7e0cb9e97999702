"""Keeps the best molecules so far, which are parents of new ones and training data of the agent."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from rdkit import Chem

from molgan.chem.motifs import Motif
from molgan.graphs.motif.forcing import Walk
from molgan.training.design.genomes import Parent
from molgan.training.design.ledger import Call
from molgan.training.families import Families
from molgan.training.settings import OptimizeSettings

Made = tuple[Call, Chem.Mol, Motif | None]
"""A call of the oracle, the molecule, and the tree that it was made with; None where it cannot be a parent."""


@dataclass(eq=False)
class Entry:
    """A molecule of the elite, and the tree that it was made with. `actions`: its encodings from several roots.
    `walks`: these in the grammar. `prior`: their log-probabilities under the prior."""

    number: int
    smiles: str
    score: float
    mol: Chem.Mol
    tree: Motif
    actions: list[tuple[int, ...]] = field(default_factory=list)
    prior: list[float] = field(default_factory=list)
    walks: list[Walk] = field(default_factory=list)
    scaffold: str | None = None


class Elite:
    """The `memory` best molecules, drawn by rank: the k-th best with weight 1 / (k + greed * memory), as in Kim et al.
    2024, after graph GA's. Of equal scores the newer is the better, so that the parents move on over a plateau."""

    def __init__(self, settings: OptimizeSettings):
        self._settings = settings
        self.entries: list[Entry] = []

    @property
    def parents(self) -> list[Parent]:
        return [Parent(entry.number, entry.mol, entry.tree) for entry in self.entries]

    @property
    def weights(self) -> np.ndarray:
        """The weights of the entries, best first; their sum is 1."""
        weights = 1 / (np.arange(len(self.entries)) + 1 + self._settings.greed * self._settings.memory)
        return np.asarray(weights / weights.sum())

    def add(self, calls: Sequence[Made]) -> list[Entry]:
        """Add scored molecules; returns the entries that are now among the best."""
        fresh = [
            Entry(call.number, call.smiles, call.score, mol, tree)
            for call, mol, tree in calls
            if tree is not None and not math.isnan(call.score)
        ]
        ranked = sorted([*reversed(fresh), *self.entries], key=lambda entry: -entry.score)
        self.entries = self._spread(ranked)[: self._settings.memory]
        kept = set(map(id, self.entries))
        return [entry for entry in fresh if id(entry) in kept]

    def join(self, other: Elite) -> None:
        """Add the molecules of another elite, without duplicates; of equal scores by turns."""
        own = {entry.number for entry in self.entries}
        places = [*enumerate(self.entries), *enumerate(entry for entry in other.entries if entry.number not in own)]
        ranked = sorted(places, key=lambda place: (-place[1].score, place[0]))
        self.entries = self._spread([entry for _, entry in ranked])[: self._settings.memory]

    def _spread(self, ranked: list[Entry]) -> list[Entry]:
        """The entries without those whose scaffold already has `per_scaffold` better ones."""
        settings, count = self._settings, Counter[str]()
        most = settings.per_scaffold
        if most is None:
            return ranked
        families, kept = Families(settings.scaffold, settings.scaffold_similarity), []
        for entry in ranked:
            # Whom a molecule is similar to depends on the better ones, its scaffold does not.
            if entry.scaffold is None or settings.scaffold == "similarity":
                entry.scaffold = families.find(entry.smiles, entry.mol)
            count[entry.scaffold] += 1
            if count[entry.scaffold] <= most:
                kept.append(entry)
        return kept

    def state_dict(self) -> dict[str, Any]:
        return {"entries": [[entry.number, entry.tree, entry.actions, entry.prior] for entry in self.entries]}

    def load_state_dict(self, state: Mapping[str, Any], calls: Sequence[tuple[Call, Chem.Mol]]) -> None:
        self.entries = []
        for number, tree, actions, prior in state["entries"]:
            call, mol = calls[number]
            sequences = [tuple(sequence) for sequence in actions]
            self.entries.append(Entry(number, call.smiles, call.score, mol, _read_tree(tree), sequences, list(prior)))


def _read_tree(values: Sequence[Any]) -> Motif:
    """Restore a tree from the nested lists of JSON."""
    smiles, children, marks = values
    return Motif(smiles, tuple((site, _read_tree(child)) for site, child in children), tuple(map(tuple, marks)))
