"""Candidates for the oracle: drawn by the agent, regrown, crossed over, edited; each new, valid and within its size."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from rdkit import Chem

from molgan.chem.molecule import parse
from molgan.chem.motifs import Motif, write
from molgan.chem.stereo import UnknownStereo
from molgan.graphs.motif_actions import NotEncodable, decode
from molgan.models.motif import MotifGenerator
from molgan.training.genetic import Motifs, nodes
from molgan.training.settings import OptimizeSettings
from molgan.training.space import Space

POLICY, REGROWTH, CROSSOVER, EDIT, START = "policy", "regrowth", "crossover", "edit", "start"
_ROUNDS_A_LOOK = 4

Accept = Callable[[Chem.Mol], bool]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A molecule to ask for: canonical SMILES, the tree it was made with, what made it, the calls of its parents."""

    smiles: str
    mol: Chem.Mol
    tree: Motif | None
    origin: str
    parents: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Parent:
    """A scored molecule: the number of its call, and the tree that it was made with."""

    number: int
    mol: Chem.Mol
    tree: Motif


class Genomes:
    """Parents as moves see them; each is looked at anew, from another root say, every few rounds, since that is what
    costs most of a move."""

    def __init__(self, space: Space, seed: int):
        self._space = space
        self._seed = seed
        self._kept: dict[int, tuple[int, tuple[Motif, ...]]] = {}

    def of(self, parents: Sequence[Parent], round_: int) -> dict[int, tuple[Motif, ...]]:
        """By the number of the parent; without those that have none. The same for the same round."""
        kept, self._kept = self._kept, {}
        for parent in parents:
            look = (round_ + parent.number) // _ROUNDS_A_LOOK
            known = kept.get(parent.number)
            if known is None or known[0] != look:
                rng = np.random.default_rng([self._seed, parent.number, look])
                try:
                    known = look, self._space.genome(parent.mol, parent.tree, rng)
                except (UnknownStereo, ValueError):
                    continue
            self._kept[parent.number] = known
        return {number: genome for number, (_, genome) in self._kept.items()}


_Made = tuple[Motif, str, tuple[int, ...]]  # tree, origin, parents


def propose(
    agent: MotifGenerator,
    space: Space,
    parents: Sequence[Parent],
    genomes: dict[int, tuple[Motif, ...]],
    weights: np.ndarray,
    known: Container[str],
    settings: OptimizeSettings,
    *,
    seed: int,
    accept: Accept = lambda mol: True,
) -> list[Candidate]:
    """Distinct candidates that are not `known` and that `accept` lets pass.

    `parents` are drawn by `weights` [parents], which add up to 1; those without one of the `genomes` are left out.
    """
    rng = np.random.default_rng(seed)
    able = np.array([parent.number in genomes for parent in parents])
    parents = [parent for parent in parents if parent.number in genomes]
    weights = weights[able] / weights[able].sum() if parents else weights
    found: dict[str, Candidate] = {}
    for tree, origin, numbers in (
        *_drawn(agent, space, _chosen(parents, weights, settings.regrowth, rng), genomes, settings, rng),
        *_bred(agent, space, parents, weights, genomes, settings, rng),
    ):
        molecule = parse(write(tree))
        if molecule.smiles is None or molecule.mol is None or molecule.smiles in known or molecule.smiles in found:
            continue
        if accept(molecule.mol):
            found[molecule.smiles] = Candidate(molecule.smiles, molecule.mol, tree, origin, numbers)
    return list(found.values())


def _drawn(
    agent: MotifGenerator,
    space: Space,
    regrown: Sequence[Parent],
    genomes: dict[int, tuple[Motif, ...]],
    settings: OptimizeSettings,
    rng: np.random.Generator,
) -> Iterator[_Made]:
    """By the agent: from nothing, and what a parent has in some place."""
    blank = space.blank(agent.vocabulary)
    wholes = settings.policy if regrown else settings.policy + settings.regrowth
    prefixes, origins = [blank] * wholes, [(POLICY, ())] * wholes  # type: ignore[var-annotated]
    for parent in regrown:
        try:
            prefix = space.hole(genomes[parent.number], agent.vocabulary, rng)
        except NotEncodable:
            continue
        if prefix is not None:
            prefixes.append(prefix)
            origins.append((REGROWTH, (parent.number,)))
    samples = agent.sample(
        len(prefixes),
        seed=int(rng.integers(2**32)),
        max_atoms=settings.max_atoms,
        prefixes=prefixes,
        temperature=settings.temperature,
        bf16=settings.bf16,
    )
    for sample, origin in zip(samples, origins, strict=True):
        tree = space.grown(decode(sample.actions, agent.vocabulary), rng)
        if tree is not None:
            yield tree, *origin


def _bred(
    agent: MotifGenerator,
    space: Space,
    parents: Sequence[Parent],
    weights: np.ndarray,
    genomes: dict[int, tuple[Motif, ...]],
    settings: OptimizeSettings,
    rng: np.random.Generator,
) -> Iterator[_Made]:
    """By genetic moves."""
    if not parents:
        return
    mothers, fathers = (_chosen(parents, weights, settings.crossover, rng) for _ in range(2))
    for one, other in zip(mothers, fathers, strict=True):
        child = space.cross(genomes[one.number], genomes[other.number], rng)
        if child is not None:
            yield child, CROSSOVER, (one.number, other.number)
    own = [node.smiles for genome in genomes.values() for part in genome for _, node in nodes(part)]
    motifs = Motifs(agent.vocabulary.motifs, own)
    for one in _chosen(parents, weights, settings.edit, rng):
        child = space.edit(genomes[one.number], motifs, rng)
        if child is not None:
            yield child, EDIT, (one.number,)


def _chosen(parents: Sequence[Parent], weights: np.ndarray, n: int, rng: np.random.Generator) -> list[Parent]:
    return [parents[i] for i in rng.choice(len(parents), size=n, p=weights)] if parents and n else []
