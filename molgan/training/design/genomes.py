"""The genomes of parents: the part of a molecule that moves change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from rdkit import Chem

from molgan.chem.motifs import Motif
from molgan.chem.stereo import UnknownStereo
from molgan.training.design.space import Space

_ROUNDS_A_LOOK = 4


@dataclass(frozen=True, slots=True)
class Parent:
    """A scored molecule: the number of its call, and the tree that it was made with."""

    number: int
    mol: Chem.Mol
    tree: Motif


@dataclass(frozen=True, slots=True)
class Stock:
    """A molecule, its genome, which moves change, the calls that it comes from, and its weight in draws."""

    mol: Chem.Mol
    genome: tuple[Motif, ...]
    numbers: tuple[int, ...]
    weight: float = 1.0


class Genomes:
    """The genomes of parents. Computing one, from another root for example, is the most expensive part of a move, so
    that each is kept for a few rounds."""

    def __init__(self, space: Space, seed: int):
        self._space = space
        self._seed = seed
        self._kept: dict[int, tuple[int, tuple[Motif, ...]]] = {}

    def of(self, parents: Sequence[Parent], weights: Sequence[float], round_: int) -> list[Stock]:
        """The genomes of parents in order, without parents that have none; the same for the same round."""
        kept, self._kept = self._kept, {}
        stocks: list[Stock] = []
        for parent, weight in zip(parents, weights, strict=True):
            look = (round_ + parent.number) // _ROUNDS_A_LOOK
            known = kept.get(parent.number)
            if known is None or known[0] != look:
                rng = np.random.default_rng([self._seed, parent.number, look])
                try:
                    known = look, self._space.genome(parent.mol, parent.tree, rng)
                except (UnknownStereo, ValueError):
                    continue
            self._kept[parent.number] = known
            stocks.append(Stock(parent.mol, known[1], (parent.number,), weight))
        return stocks
