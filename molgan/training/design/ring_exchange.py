"""Exchange of a ring system for another one of the prior's vocabulary, of like shape and attachment.

An exchange of whole motifs draws the common ones, and hangs the substituents anywhere. Here all ring motifs that the
prior knows may come, the likelier the more they are like the old one and the more frequent they are, and substituents
stay where they were, as far as the new ring has such places.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from rdkit import Chem

from molgan.chem.motifs import Motif
from molgan.chem.templates import template
from molgan.graphs.motif.trees import add_child, atoms, nodes, open_sites, put
from molgan.training.design.soundness import is_sound

_SIZES = range(3, 9)  # ring sizes that a shape counts; larger rings count as the last
_WEIGHTS = (0.5, 1.5, 0.5, 0.5, 0.5, 0.5, 1.0, 1.0)  # of the parts of a shape but ring sizes; see `describe_shape`
_KEPT = 1_000  # motifs whose likeness to all others is kept


class RingMotifs:
    """The ring motifs of a vocabulary, whose first motifs are the most frequent."""

    def __init__(self, vocabulary: Sequence[str]):
        ranked = [(rank, smiles) for rank, smiles in enumerate(vocabulary) if has_ring(smiles)]
        self.smiles = [smiles for _, smiles in ranked]
        shapes = [describe_shape(smiles) for smiles in self.smiles]
        self._shapes = np.array(shapes, dtype=float).reshape(len(ranked), len(_WEIGHTS) + len(_SIZES))
        capacity = [template(smiles).capacity for smiles in self.smiles]
        self._hydrogens = np.array([sum(each) for each in capacity], dtype=int)
        self._can_hang = np.array([each[0] > 0 for each in capacity], dtype=bool)
        # Counts fall about as 1 / rank; their root leaves rare ring systems a chance.
        self._frequency = np.array([(rank + 1) ** -0.5 for rank, _ in ranked])
        self._alike: dict[str, np.ndarray] = {}

    def weigh(self, smiles: str, *, bonds: int = 0, hangs: bool = False) -> np.ndarray:
        """The weights [R] in a draw in place of the motif `smiles`: root of the frequency times exp(-distance of the
        shapes), 0 for itself and for what cannot bind `bonds` neighbours, or cannot hang."""
        if smiles not in self._alike:
            if len(self._alike) >= _KEPT:
                self._alike.clear()
            apart = np.abs(self._shapes - describe_shape(smiles)).sum(1)
            itself = np.array([other == smiles for other in self.smiles], dtype=bool)
            self._alike[smiles] = np.where(itself, 0, np.exp(-apart) * self._frequency)
        able = self._hydrogens >= bonds
        return np.where(able & self._can_hang if hangs else able, self._alike[smiles], 0)

    def draw(self, node: Motif, rng: np.random.Generator, *, hangs: bool) -> str | None:
        """A motif in place of that of a node; None where none can bind what the node binds."""
        if not self.smiles:
            return None
        weights = np.cumsum(self.weigh(node.smiles, bonds=len(node.children) + hangs, hangs=hangs))
        if not weights[-1]:
            return None
        return self.smiles[int(np.searchsorted(weights, weights[-1] * rng.random(), side="right"))]


@lru_cache(maxsize=4)
def read_ring_motifs(vocabulary: tuple[str, ...]) -> RingMotifs:
    """The ring motifs of a vocabulary, read once."""
    return RingMotifs(vocabulary)


def exchange_ring(
    tree: Motif, rings: RingMotifs, rng: np.random.Generator, *, max_atoms: int, bound: bool = False
) -> Motif | None:
    """`tree` with one ring system changed for another; None where it has none, or nothing fits.

    Args:
        tree: The tree of the parent.
        rings: The ring systems to draw from.
        rng: Random numbers.
        max_atoms: The most heavy atoms of the child.
        bound: Whether `tree` hangs on something itself.
    """
    found = [(path, node) for path, node in nodes(tree) if has_ring(node.smiles)]
    if not found:
        return None
    path, node = found[int(rng.integers(len(found)))]
    hangs = bool(path) or bound
    smiles = rings.draw(node, rng, hangs=hangs)
    changed = None if smiles is None else _move_children(node, Motif(smiles), rng, hangs)
    child = None if changed is None else put(tree, path, changed)
    if child is None or atoms(child) > max_atoms:
        return None
    return child if is_sound(child, tree, bound=bound) else None


def has_ring(smiles: str) -> bool:
    """Whether a motif is a ring system."""
    return template(smiles).most_rings > 0


@lru_cache(maxsize=20_000)
def describe_shape(smiles: str) -> np.ndarray:
    """The shape of a ring motif as seen from where it hangs, [14]; the sum of absolute differences compares two.

    Heavy atoms, rings, aromatic rings, heteroatoms, atoms outside of rings, the way to the farthest atom, whether the
    root is aromatic and whether it is a heteroatom, each with its weight; then the number of rings of each size.
    """
    mol = Chem.MolFromSmiles(smiles)
    root = mol.GetAtomWithIdx(0)
    rings = mol.GetRingInfo()
    sizes = [min(len(ring), _SIZES[-1]) for ring in rings.AtomRings()]
    parts = (
        mol.GetNumAtoms(),
        len(sizes),
        sum(all(mol.GetBondWithIdx(i).GetIsAromatic() for i in ring) for ring in rings.BondRings()),
        sum(atom.GetAtomicNum() != 6 for atom in mol.GetAtoms()),
        sum(not atom.IsInRing() for atom in mol.GetAtoms()),
        _distances(smiles)[0].max(),
        root.GetIsAromatic(),
        root.GetAtomicNum() != 6,
    )
    return np.array([*np.multiply(parts, _WEIGHTS), *(sizes.count(size) for size in _SIZES)], dtype=float)


@lru_cache(maxsize=20_000)
def _distances(smiles: str) -> np.ndarray:
    """Bonds between the sites of a motif."""
    return np.asarray(Chem.GetDistanceMatrix(Chem.MolFromSmiles(smiles)), dtype=int)


def _move_children(old: Motif, new: Motif, rng: np.random.Generator, hangs: bool) -> Motif | None:
    """Hang the children of `old` on `new`, each at a site that lies to the root and to its siblings as the old one did;
    at random among equals. None where there is no room."""
    before, after = _distances(old.smiles), _distances(new.smiles)
    placed = [(0, 0)] if hangs else []
    for site, child in old.children:
        room = open_sites(new, hangs)
        if not room:
            return None
        costs = [_differ(old.smiles, site, new.smiles, to) for to in room]
        for i, to in enumerate(room):
            costs[i] += sum(abs(int(before[site, a]) - int(after[to, b])) for a, b in placed)
        best = [to for to, cost in zip(room, costs, strict=True) if cost <= min(costs)]
        to = best[int(rng.integers(len(best)))]
        new = add_child(new, to, child)
        placed.append((site, to))
    return new


def _differ(old: str, site: int, new: str, to: int) -> float:
    """By how much two sites differ in what they are: aromatic or not, carbon or not."""
    (was_aromatic, was_carbon), (is_aromatic, is_carbon) = _kinds(old)[site], _kinds(new)[to]
    return 0.75 * (was_aromatic != is_aromatic) + 0.75 * (was_carbon != is_carbon)


@lru_cache(maxsize=20_000)
def _kinds(smiles: str) -> tuple[tuple[bool, bool], ...]:
    mol = Chem.MolFromSmiles(smiles)
    return tuple((atom.GetIsAromatic(), atom.GetAtomicNum() == 6) for atom in mol.GetAtoms())
