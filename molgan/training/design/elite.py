"""The best molecules so far: parents of the next ones, and what the agent learns from."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from rdkit import Chem

from molgan.chem.fingerprints import murcko_scaffold
from molgan.chem.motifs import Motif
from molgan.graphs.motif.forcing import Walk
from molgan.training.design.ledger import Call
from molgan.training.design.proposals import Parent
from molgan.training.settings import OptimizeSettings

Made = tuple[Call, Chem.Mol, Motif | None]
"""A paid call, the molecule, and the tree it was made with, None where it can be no parent."""


@dataclass(eq=False)
class Entry:
    """A molecule of the elite, and the tree it was made with. `actions` encode it from several roots, `walks` are those
    in the grammar, `prior` their log-probabilities under the prior."""

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
    2024, after graph GA's."""

    def __init__(self, settings: OptimizeSettings):
        self._settings = settings
        self.entries: list[Entry] = []

    @property
    def parents(self) -> list[Parent]:
        return [Parent(entry.number, entry.mol, entry.tree) for entry in self.entries]

    @property
    def weights(self) -> np.ndarray:
        """Of the entries, best first; they add up to 1."""
        weights = 1 / (np.arange(len(self.entries)) + 1 + self._settings.greed * self._settings.memory)
        return np.asarray(weights / weights.sum())

    def add(self, calls: Sequence[Made]) -> list[Entry]:
        """Take in scored molecules; those that are among the best are returned."""
        fresh = [
            Entry(call.number, call.smiles, call.score, mol, tree)
            for call, mol, tree in calls
            if tree is not None and not math.isnan(call.score)
        ]
        # By number among equals: who came first stays.
        ranked = sorted([*self.entries, *fresh], key=lambda entry: (-entry.score, entry.number))
        self.entries = self._spread(ranked)[: self._settings.memory]
        kept = set(map(id, self.entries))
        return [entry for entry in fresh if id(entry) in kept]

    def join(self, other: Elite) -> None:
        """Take in the molecules of another, none twice."""
        own = {entry.number for entry in self.entries}
        both = [*self.entries, *(entry for entry in other.entries if entry.number not in own)]
        self.entries = self._spread(sorted(both, key=lambda entry: (-entry.score, entry.number)))[
            : self._settings.memory
        ]

    def _spread(self, ranked: list[Entry]) -> list[Entry]:
        """Without those whose scaffold has enough better ones, if the settings say what is enough."""
        most, count = self._settings.per_scaffold, Counter[str]()
        if most is None:
            return ranked
        kept = []
        for entry in ranked:
            entry.scaffold = murcko_scaffold(entry.mol) if entry.scaffold is None else entry.scaffold
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
    """A tree that JSON made lists of."""
    smiles, children, marks = values
    return Motif(smiles, tuple((site, _read_tree(child)) for site, child in children), tuple(map(tuple, marks)))
