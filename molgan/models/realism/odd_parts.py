"""The motifs of a molecule by how unlikely a generator finds them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from rdkit import Chem, rdBase

from molgan.chem.motifs import cut_in_order
from molgan.graphs.motif.action_owners import find_owners
from molgan.graphs.motif.actions import Vocabulary
from molgan.graphs.motif.tree_change import number_atoms

_DIGITS = 6  # as of `NllMeter`


@dataclass(frozen=True, slots=True)
class OddPart:
    """A motif, by the numbers of its atoms, and the nats of the actions that draw it where it stands."""

    atoms: tuple[int, ...]
    nats: float


def find_odd_parts(mol: Chem.Mol, steps: Sequence[float], vocabulary: Vocabulary) -> list[OddPart]:
    """The motifs of a connected molecule that has a likelihood, the least likely first.

    Args:
        mol: The molecule.
        steps: The nats of each action of its canonical sequence, as of `Nll.steps`.
        vocabulary: The vocabulary of the actions.

    Raises:
        ValueError: The steps are those of another molecule.
    """
    with rdBase.BlockLogs():
        tree, order = cut_in_order(mol)
    owners = find_owners(tree, vocabulary)
    if len(owners) != len(steps):
        raise ValueError(f"{len(steps)} steps for a molecule of {len(owners)} actions")
    motifs = number_atoms(tree)
    nats: list[list[float]] = [[] for _ in motifs]
    for owner, step in zip(owners, steps, strict=True):
        nats[owner].append(step)
    parts = [
        OddPart(tuple(sorted(order[i] for i in motif)), round(math.fsum(each), _DIGITS))
        for motif, each in zip(motifs, nats, strict=True)
    ]
    return sorted(parts, key=lambda part: (-part.nats, part.atoms))
