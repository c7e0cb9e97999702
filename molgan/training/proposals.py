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
from molgan.training.genetic import nodes
from molgan.training.settings import OptimizeSettings
from molgan.training.space import Space

POLICY, REGROWTH, CROSSOVER, EDIT, START = "policy", "regrowth", "crossover", "edit", "start"
_FREQUENT = 300  # motifs of the vocabulary that edits use

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


_Made = tuple[Motif, str, tuple[int, ...]]  # tree, origin, parents


def propose(
    agent: MotifGenerator,
    space: Space,
    parents: Sequence[Parent],
    weights: np.ndarray,
    known: Container[str],
    settings: OptimizeSettings,
    *,
    seed: int,
    accept: Accept = lambda mol: True,
) -> list[Candidate]:
    """Distinct candidates that are not `known` and that `accept` lets pass.

    `parents` are drawn by `weights` [parents], which add up to 1.
    """
    rng = np.random.default_rng(seed)
    genomes = _genomes(space, parents, rng)
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
    frequent = agent.vocabulary.motifs[:_FREQUENT] or ("C",)
    for one in _chosen(parents, weights, settings.edit, rng):
        child = space.edit(genomes[one.number], own if rng.random() < 0.5 else frequent, rng)
        if child is not None:
            yield child, EDIT, (one.number,)


def _genomes(space: Space, parents: Sequence[Parent], rng: np.random.Generator) -> dict[int, tuple[Motif, ...]]:
    """By the number of the parent; not of those whose stereo no tree can say."""
    genomes = {}
    for parent in parents:
        try:
            genomes[parent.number] = space.genome(parent.mol, parent.tree, rng)
        except (UnknownStereo, ValueError):
            continue
    return genomes


def _chosen(parents: Sequence[Parent], weights: np.ndarray, n: int, rng: np.random.Generator) -> list[Parent]:
    return [parents[i] for i in rng.choice(len(parents), size=n, p=weights)] if parents and n else []
