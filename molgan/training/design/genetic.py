"""Genetic moves on motif trees; their results are valid molecules by construction, and sound (`soundness.py`).

A cut bond is single and acyclic, and a site has as many places as it has hydrogens, so that any subtree may bind
wherever a subtree hangs or a hydrogen is left. The root of a `bound` tree may be replaced like any other motif.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

import numpy as np
from rdkit import Chem

from molgan.chem.motifs import Motif, cut
from molgan.chem.templates import size
from molgan.graphs.motif.actions import HOLE
from molgan.graphs.motif.trees import TreePath, add_child, atoms, bind, can_bind, nodes, open_sites, put, vacancies
from molgan.training.design.soundness import is_sound

T = TypeVar("T")
_TRIES = 8


class Motifs:
    """The motifs that edits draw from: half of the time those of the parents, else a vocabulary, whose first motifs are
    drawn most often."""

    def __init__(self, vocabulary: Sequence[str], own: Sequence[str] = ()):
        self._vocabulary = vocabulary or ("C",)
        self._own = [smiles for smiles in own if smiles != HOLE.smiles] or self._vocabulary

    def any(self, rng: np.random.Generator) -> str:
        if rng.random() < 0.5:
            return _pick(self._own, rng)
        return self._vocabulary[int(len(self._vocabulary) * rng.random() ** 3)]

    def like(self, smiles: str, rng: np.random.Generator) -> str:
        """Draw a motif of about as many atoms, if a few tries find one."""
        found = self.any(rng)
        for _ in range(_TRIES):
            if abs(size(found) - size(smiles)) <= 1:
                break
            found = self.any(rng)
        return found


def reroot(mol: Chem.Mol, rng: np.random.Generator) -> Motif:
    """A molecule's tree, rooted at a random atom, so that either side of a bond may hang below it."""
    return cut(mol, root=int(rng.integers(mol.GetNumAtoms())))


def crossover(
    tree: Motif, donor: Motif, rng: np.random.Generator, *, max_atoms: int, bound: bool = False
) -> Motif | None:
    """`tree` with a subtree of `donor` in place of one of its own or of a hydrogen; None where nothing fits,
    or the bond between them is not sound.

    Jensen 2019 crosses molecules at acyclic bonds by reactions on graphs; here the bonds are those of the trees.

    Args:
        tree: The tree of one parent.
        donor: The tree of the other parent.
        rng: Random numbers.
        max_atoms: The most heavy atoms of the child.
        bound: Whether `tree` hangs on something itself.
    """
    graft = _pick([node for _, node in nodes(donor)], rng)
    if not can_bind(graft):
        return None
    swaps = [path for path, _ in nodes(tree) if path or bound]
    grafts = vacancies(tree, bound=bound)
    if not swaps and not grafts:
        return None
    i = int(rng.integers(len(swaps) + len(grafts)))
    child = put(tree, swaps[i], graft) if i < len(swaps) else bind(tree, *grafts[i - len(swaps)], graft)
    return child if atoms(child) <= max_atoms and is_sound(child, tree, donor, bound=bound) else None


def edit_motif(
    tree: Motif, motifs: Motifs, rng: np.random.Generator, *, max_atoms: int, bound: bool = False
) -> Motif | None:
    """`tree` with one small change: a motif is exchanged for another, added, inserted or removed.

    None where the drawn change is not possible, or not sound.

    Args:
        tree: The tree of the parent.
        motifs: The motifs to draw from.
        rng: Random numbers.
        max_atoms: The most heavy atoms of the child.
        bound: Whether `tree` hangs on something itself.
    """
    move = _pick(_MOVES, rng)
    path, node = _pick(list(nodes(tree)), rng)
    smiles = motifs.like(node.smiles, rng) if move is _exchange else motifs.any(rng)
    child = move(tree, path, node, smiles, rng, bool(path) or bound)
    if child is None or atoms(child) > max_atoms:
        return None
    return child if is_sound(child, tree, bound=bound) else None


def open_hole(tree: Motif, rng: np.random.Generator, *, bound: bool = False) -> Motif | None:
    """`tree` with a hole in place of one of its subtrees; None where it has none."""
    paths = [path for path, _ in nodes(tree) if path or bound]
    return put(tree, _pick(paths, rng), HOLE) if paths else None


def _exchange(
    tree: Motif, path: TreePath, node: Motif, smiles: str, rng: np.random.Generator, hangs: bool
) -> Motif | None:
    """Exchange a motif, and hang each child at its old site, if that has room, or at a random one."""
    changed = Motif(smiles)
    if smiles == node.smiles or (hangs and not can_bind(changed)):
        return None
    for site, child in node.children:
        room = open_sites(changed, hangs)
        if not room:
            return None
        changed = add_child(changed, site if site in room and rng.random() < 0.5 else _pick(room, rng), child)
    return put(tree, path, changed)


def _add(tree: Motif, path: TreePath, node: Motif, smiles: str, rng: np.random.Generator, hangs: bool) -> Motif | None:
    room = open_sites(node, hangs)
    return bind(tree, path, _pick(room, rng), Motif(smiles)) if room and can_bind(Motif(smiles)) else None


def _insert(
    tree: Motif, path: TreePath, node: Motif, smiles: str, rng: np.random.Generator, hangs: bool
) -> Motif | None:
    """Insert a motif between this one and its parent."""
    between = Motif(smiles)
    if not hangs or not can_bind(between) or not (room := open_sites(between, True)):
        return None
    return put(tree, path, add_child(between, _pick(room, rng), node))


def _take_out(
    tree: Motif, path: TreePath, node: Motif, smiles: str, rng: np.random.Generator, hangs: bool
) -> Motif | None:
    """Remove this motif: one of its children takes its place, and the others are removed too."""
    below = [child for _, child in node.children]
    if not hangs or not (path or below):
        return None
    return put(tree, path, _pick(below, rng) if below else None)


Move = Callable[[Motif, TreePath, Motif, str, np.random.Generator, bool], Motif | None]
_MOVES: tuple[Move, ...] = (_exchange, _exchange, _add, _insert, _take_out)


def _pick(items: Sequence[T], rng: np.random.Generator) -> T:
    return items[int(rng.integers(len(items)))]
