"""Candidates for the oracle: drawn by the agent, regrown, crossed over, edited; each new, valid and within its size."""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from rdkit import Chem

from molgan.chem.molecule import parse
from molgan.chem.motifs import Motif, write
from molgan.chem.stereo import UnknownStereo
from molgan.graphs.motif_actions import NotEncodable, encode
from molgan.models.motif import MotifGenerator
from molgan.training.genetic import crossover, edited, nodes, rerooted
from molgan.training.settings import OptimizeSettings
from molgan.training.signal import step_seed

POLICY, REGROWTH, CROSSOVER, EDIT, START = "policy", "regrowth", "crossover", "edit", "start"
_TRIES = 3  # for a move that nothing fits


@dataclass(frozen=True, slots=True)
class Candidate:
    """A molecule to ask for: canonical SMILES, what made it, the calls of its parents."""

    smiles: str
    mol: Chem.Mol
    origin: str
    parents: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Parent:
    """A scored molecule: the number of its call."""

    number: int
    mol: Chem.Mol


def propose(
    agent: MotifGenerator,
    parents: Sequence[Parent],
    weights: np.ndarray,
    known: Container[str],
    settings: OptimizeSettings,
    *,
    seed: int,
) -> list[Candidate]:
    """Distinct candidates that are not `known`; `parents` are drawn by `weights` [parents], which add up to 1."""
    rng = np.random.default_rng(seed)
    found: dict[str, Candidate] = {}
    moves = _bred(parents, weights, agent.vocabulary.motifs, settings, rng) if parents else iter(())
    for smiles, origin, numbers in (*_drawn(agent, parents, weights, settings, rng), *moves):
        molecule = parse(smiles)
        if molecule.smiles is None or molecule.smiles in known or molecule.smiles in found:
            continue
        assert molecule.mol is not None
        found[molecule.smiles] = Candidate(molecule.smiles, molecule.mol, origin, numbers)
    return list(found.values())


def _drawn(
    agent: MotifGenerator,
    parents: Sequence[Parent],
    weights: np.ndarray,
    settings: OptimizeSettings,
    rng: np.random.Generator,
) -> Iterator[tuple[str, str, tuple[int, ...]]]:
    """By the agent: from nothing, and behind the first actions of a parent that was rooted at random."""
    wholes = settings.policy if parents else settings.policy + settings.regrowth
    prefixes: list[tuple[int, ...]] = [()] * wholes
    origins: list[tuple[str, tuple[int, ...]]] = [(POLICY, ())] * wholes
    for parent in _chosen(parents, weights, settings.regrowth, rng):
        try:
            actions = encode(rerooted(parent.mol, rng), agent.vocabulary)
        except (NotEncodable, UnknownStereo):
            continue
        prefixes.append(tuple(actions[: int(rng.integers(1, max(2, len(actions))))]))
        origins.append((REGROWTH, (parent.number,)))
    samples = agent.sample(
        len(prefixes),
        seed=step_seed(int(rng.integers(2**32))),
        max_atoms=settings.max_atoms,
        prefixes=prefixes,
        temperature=settings.temperature,
        bf16=settings.bf16,
    )
    for sample, origin in zip(samples, origins, strict=True):
        yield sample.smiles, *origin


def _bred(
    parents: Sequence[Parent],
    weights: np.ndarray,
    vocabulary: Sequence[str],
    settings: OptimizeSettings,
    rng: np.random.Generator,
) -> Iterator[tuple[str, str, tuple[int, ...]]]:
    """By genetic moves on trees that are rooted at random."""
    trees = {parent.number: tree for parent in parents if (tree := _tree(parent, rng)) is not None}
    able = [parent.number in trees for parent in parents]
    if not any(able):
        return
    weights = np.where(able, weights, 0)
    weights = weights / weights.sum()
    pairs = zip(*(_chosen(parents, weights, settings.crossover, rng) for _ in range(2)), strict=True)
    for one, other in pairs:
        child = _first(
            lambda one=one, other=other: crossover(
                trees[one.number], trees[other.number], rng, max_atoms=settings.max_atoms
            )
        )
        if child is not None:
            yield write(child), CROSSOVER, (one.number, other.number)
    motifs = _pool(list(trees.values()), vocabulary)
    for one in _chosen(parents, weights, settings.edit, rng):
        child = _first(
            lambda one=one: edited(trees[one.number], motifs[int(rng.integers(2))], rng, max_atoms=settings.max_atoms)
        )
        if child is not None:
            yield write(child), EDIT, (one.number,)


def _first(move) -> Motif | None:  # type: ignore[no-untyped-def]
    """What a move makes, tried again where nothing fits."""
    return next((child for _ in range(_TRIES) if (child := move()) is not None), None)


def _pool(trees: Sequence[Motif], vocabulary: Sequence[str]) -> tuple[list[str], list[str]]:
    """Motifs for edits: those of the parents as often as they come, and the frequent ones of the vocabulary."""
    return [node.smiles for tree in trees for _, node in nodes(tree)], list(vocabulary[:300]) or ["C"]


def _tree(parent: Parent, rng: np.random.Generator) -> Motif | None:
    try:
        return rerooted(parent.mol, rng)
    except (UnknownStereo, ValueError):
        return None


def _chosen(parents: Sequence[Parent], weights: np.ndarray, n: int, rng: np.random.Generator) -> list[Parent]:
    if not parents or not n:
        return []
    return [parents[i] for i in rng.choice(len(parents), size=n, p=weights)]
