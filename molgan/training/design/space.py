"""The molecules that may be made, and the moves among them: all molecules, or those that contain a core."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import numpy as np
from rdkit import Chem

from molgan.chem.motifs import Motif, cut
from molgan.chem.ring_systems import join_rings
from molgan.graphs.motif.actions import HOLE, MOST_SITES, NotEncodable, Vocabulary, encode
from molgan.graphs.motif.core import Core
from molgan.graphs.motif.trees import atoms, bind, nodes, vacancies
from molgan.training.design.genetic import Motifs, crossover, edit_motif, open_hole, reroot
from molgan.training.design.mutation import mutate_atom
from molgan.training.design.ring_exchange import RingMotifs, exchange_ring
from molgan.training.design.soundness import is_sound

_TRIES = 4  # attempts at a move


class Space(Protocol):
    """A set of molecules that the moves do not leave. The genome of a parent is the part that moves change. A child has
    no flaw that none of its parents has (`soundness.py`)."""

    def blank(self, vocabulary: Vocabulary) -> tuple[int, ...]:
        """The actions that every new molecule is forced to take; FREE where it may grow."""

    def complete(self, tree: Motif, rng: np.random.Generator) -> Motif | None:
        """The tree of a molecule whose actions were drawn behind `blank` or `hole`; None where it is not complete."""

    def genome(self, mol: Chem.Mol, tree: Motif, rng: np.random.Generator) -> tuple[Motif, ...]:
        """The genome of a molecule; `tree` is the one that it was made with. Raises NotEncodable where it has none."""

    def hole(
        self, genome: tuple[Motif, ...], vocabulary: Vocabulary, rng: np.random.Generator
    ) -> tuple[int, ...] | None:
        """The actions of a parent, without some that are drawn again."""

    def cross(self, genome: tuple[Motif, ...], other: tuple[Motif, ...], rng: np.random.Generator) -> Motif | None:
        """The tree of a child of two parents."""

    def edit(self, genome: tuple[Motif, ...], motifs: Motifs, rng: np.random.Generator) -> Motif | None:
        """The tree of a parent with one motif changed."""

    def mutate(self, genome: tuple[Motif, ...], rng: np.random.Generator) -> Motif | None:
        """The tree of a parent with one atom or bond changed."""

    def exchange(self, genome: tuple[Motif, ...], rings: RingMotifs, rng: np.random.Generator) -> Motif | None:
        """The tree of a parent with one ring system changed for another of like shape."""

    def training_trees(self, mol: Chem.Mol, tree: Motif, roots: int, rng: np.random.Generator) -> list[Motif]:
        """The trees of a molecule that the agent learns from: the first, and up to `roots` others."""


class Everything:
    """Any molecule of up to `max_atoms`; its genome is its tree, rooted at random."""

    def __init__(self, max_atoms: int):
        self._most = max_atoms

    def blank(self, vocabulary: Vocabulary) -> tuple[int, ...]:
        return ()

    def complete(self, tree: Motif, rng: np.random.Generator) -> Motif | None:
        return tree

    def genome(self, mol: Chem.Mol, tree: Motif, rng: np.random.Generator) -> tuple[Motif, ...]:
        if any(len(system) > MOST_SITES for system in join_rings(mol)):
            raise NotEncodable(f"a ring system of more than {MOST_SITES} atoms")
        return (reroot(mol, rng),)

    def hole(
        self, genome: tuple[Motif, ...], vocabulary: Vocabulary, rng: np.random.Generator
    ) -> tuple[int, ...] | None:
        """Without the last actions, or without a subtree."""
        if rng.random() < 0.5 and (tree := open_hole(genome[0], rng)) is not None:
            return tuple(encode(tree, vocabulary))
        actions = encode(genome[0], vocabulary)
        return tuple(actions[: int(rng.integers(1, max(2, len(actions))))])

    def cross(self, genome: tuple[Motif, ...], other: tuple[Motif, ...], rng: np.random.Generator) -> Motif | None:
        return _try(lambda: crossover(genome[0], other[0], rng, max_atoms=self._most))

    def edit(self, genome: tuple[Motif, ...], motifs: Motifs, rng: np.random.Generator) -> Motif | None:
        return _try(lambda: edit_motif(genome[0], motifs, rng, max_atoms=self._most))

    def mutate(self, genome: tuple[Motif, ...], rng: np.random.Generator) -> Motif | None:
        return _try(lambda: mutate_atom(genome[0], rng, max_atoms=self._most))

    def exchange(self, genome: tuple[Motif, ...], rings: RingMotifs, rng: np.random.Generator) -> Motif | None:
        return _try(lambda: exchange_ring(genome[0], rings, rng, max_atoms=self._most))

    def training_trees(self, mol: Chem.Mol, tree: Motif, roots: int, rng: np.random.Generator) -> list[Motif]:
        return [cut(mol), *(reroot(mol, rng) for _ in range(roots))]


class Decorations:
    """Molecules of up to `max_atoms` that contain a core; the genome is the tree at each of its marks, in order.

    Where two fragments are linked, there is one tree, with a hole for the second fragment.
    """

    def __init__(self, core: Core, max_atoms: int):
        self._core = core
        self._most = max_atoms
        self._linked = core.inner is not None

    def blank(self, vocabulary: Vocabulary) -> tuple[int, ...]:
        return tuple(encode(self._core.tree, vocabulary))

    def complete(self, tree: Motif, rng: np.random.Generator) -> Motif | None:
        return self._assemble(self._core.find_grown(tree), rng)

    def genome(self, mol: Chem.Mol, tree: Motif, rng: np.random.Generator) -> tuple[Motif, ...]:
        parts = self._core.find_grown(tree)
        return tuple(_open_hole(part, self._core.inner) for part in parts) if self._core.inner else parts

    def hole(
        self, genome: tuple[Motif, ...], vocabulary: Vocabulary, rng: np.random.Generator
    ) -> tuple[int, ...] | None:
        if self._linked:
            return self.blank(vocabulary)
        i = int(rng.integers(len(genome)))
        part = open_hole(genome[i], rng, bound=True)
        assert part is not None  # a bound tree may go as a whole
        return tuple(encode(self._core.assemble([*genome[:i], part, *genome[i + 1 :]]), vocabulary))

    def cross(self, genome: tuple[Motif, ...], other: tuple[Motif, ...], rng: np.random.Generator) -> Motif | None:
        j = int(rng.integers(len(other)))
        return self._change(
            genome, rng, lambda part, most: crossover(part, other[j], rng, max_atoms=most, bound=True), other
        )

    def edit(self, genome: tuple[Motif, ...], motifs: Motifs, rng: np.random.Generator) -> Motif | None:
        return self._change(genome, rng, lambda part, most: edit_motif(part, motifs, rng, max_atoms=most, bound=True))

    def mutate(self, genome: tuple[Motif, ...], rng: np.random.Generator) -> Motif | None:
        return self._change(genome, rng, lambda part, most: mutate_atom(part, rng, max_atoms=most, bound=True))

    def exchange(self, genome: tuple[Motif, ...], rings: RingMotifs, rng: np.random.Generator) -> Motif | None:
        return self._change(genome, rng, lambda part, most: exchange_ring(part, rings, rng, max_atoms=most, bound=True))

    def training_trees(self, mol: Chem.Mol, tree: Motif, roots: int, rng: np.random.Generator) -> list[Motif]:
        return [tree]

    def _change(
        self,
        genome: tuple[Motif, ...],
        rng: np.random.Generator,
        move: Callable[[Motif, int], Motif | None],
        *others: tuple[Motif, ...],
    ) -> Motif | None:
        """The tree of a molecule with one part of its genome, drawn at random, changed by a move, which takes the part
        and the most heavy atoms that it may have. The core may make unsound what the part is not by itself."""
        i = int(rng.integers(len(genome)))
        most = self._most - self._core.atoms - sum(atoms(part) for k, part in enumerate(genome) if k != i)
        parents = [self._core.assemble(each) for each in (genome, *others)]

        def attempt() -> Motif | None:
            part = move(genome[i], most)
            child = None if part is None else self._assemble((*genome[:i], part, *genome[i + 1 :]), rng)
            return child if child is not None and is_sound(child, *parents) else None

        return _try(attempt)

    def _assemble(self, parts: tuple[Motif, ...], rng: np.random.Generator) -> Motif | None:
        if self._linked:
            whole = _have_one_hole(parts[0], rng)
            if whole is None:
                return None
            parts = (whole,)
        tree = self._core.assemble(parts)
        return tree if atoms(tree) <= self._most else None


def _try(move: Callable[[], Motif | None]) -> Motif | None:
    """The first result of a few attempts at a move; None where all fail."""
    return next((child for _ in range(_TRIES) if (child := move()) is not None), None)


def _have_one_hole(tree: Motif, rng: np.random.Generator) -> Motif | None:
    """A linker with one hole for the second fragment, placed at random if it has none; None where there is no room."""
    holes = sum(node == HOLE for _, node in nodes(tree))
    if holes == 1:
        return tree
    places = vacancies(tree, bound=True)
    return bind(tree, *places[int(rng.integers(len(places)))], HOLE) if places and not holes else None


def _open_hole(tree: Motif, inner: Motif | None) -> Motif:
    """A linker with a hole in place of the second fragment."""
    if tree == inner:
        return HOLE
    done, children = False, []
    for site, child in tree.children:
        opened = child if done else _open_hole(child, inner)
        done = done or opened != child
        children.append((site, opened))
    return tree._replace(children=tuple(children))
