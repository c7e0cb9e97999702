"""Candidates for the oracle: drawn by the agent, regrown, crossed over, edited or mutated; each new and of its size."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from rdkit import Chem

from molgan.chem.molecule import parse
from molgan.chem.motifs import Motif, write
from molgan.chem.stereo import UnknownStereo
from molgan.graphs.motif_actions import NotEncodable, Vocabulary, decode
from molgan.models.motif import MotifGenerator
from molgan.training.genetic import Motifs, nodes
from molgan.training.settings import OptimizeSettings
from molgan.training.space import Space

POLICY, REGROWTH, CROSSOVER, EDIT, MUTATION, START = "policy", "regrowth", "crossover", "edit", "mutation", "start"
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


@dataclass(frozen=True, slots=True)
class Stock:
    """What genetic moves change, and the calls that it comes from."""

    genome: tuple[Motif, ...]
    numbers: tuple[int, ...]


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
    regrown = [parents[i] for i in _chosen(weights, settings.regrowth, rng)] if parents else []
    stocks = [Stock(genomes[parent.number], (parent.number,)) for parent in parents]
    counts = settings.crossover, settings.edit, settings.mutation
    made = (
        *_drawn(agent, space, regrown, genomes, settings, rng),
        *_bred(space, stocks, weights, counts, agent.vocabulary, rng),
    )
    return _fresh(made, known, accept)


def bred_again(
    space: Space,
    promising: Sequence[Candidate],
    candidates: Sequence[Candidate],
    vocabulary: Vocabulary,
    known: Container[str],
    settings: OptimizeSettings,
    *,
    seed: int,
    accept: Accept = lambda mol: True,
) -> list[Candidate]:
    """Children of candidates that the oracle was not asked for, by genetic moves alone, in the shares that those have
    in a round: `brood` of them, less what is `known`, among the `candidates`, or refused."""
    rng = np.random.default_rng(seed)
    stocks = []
    for one in promising:
        try:
            stocks.append(Stock(space.genome(one.mol, one.tree, rng), one.parents))
        except (UnknownStereo, ValueError):
            continue
    shares = np.array([settings.crossover, settings.edit, settings.mutation])
    counts = (settings.brood * shares // max(1, shares.sum())).tolist()
    weights = np.full(len(stocks), 1 / max(1, len(stocks)))
    seen = {one.smiles for one in candidates}
    fresh = _fresh(_bred(space, stocks, weights, counts, vocabulary, rng), known, accept)
    return [one for one in fresh if one.smiles not in seen]


def _fresh(made: Iterable[_Made], known: Container[str], accept: Accept) -> list[Candidate]:
    """The distinct molecules among those made that are valid, not `known` and accepted."""
    found: dict[str, Candidate] = {}
    for tree, origin, numbers in made:
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
    space: Space,
    stocks: Sequence[Stock],
    weights: np.ndarray,
    counts: Sequence[int],
    vocabulary: Vocabulary,
    rng: np.random.Generator,
) -> Iterator[_Made]:
    """By genetic moves; `counts` says how many crossovers, edits and mutations."""
    if not stocks:
        return
    crossovers, edits, mutations = counts
    mothers, fathers = (_chosen(weights, crossovers, rng) for _ in range(2))
    for one, other in ((stocks[i], stocks[j]) for i, j in zip(mothers, fathers, strict=True)):
        child = space.cross(one.genome, other.genome, rng)
        if child is not None:
            yield child, CROSSOVER, tuple(dict.fromkeys(one.numbers + other.numbers))
    motifs = Motifs(
        vocabulary.motifs, [node.smiles for one in stocks for part in one.genome for _, node in nodes(part)]
    )
    for one in (stocks[i] for i in _chosen(weights, edits, rng)):
        if (child := space.edit(one.genome, motifs, rng)) is not None:
            yield child, EDIT, one.numbers
    for one in (stocks[i] for i in _chosen(weights, mutations, rng)):
        if (child := space.mutate(one.genome, rng)) is not None:
            yield child, MUTATION, one.numbers


def _chosen(weights: np.ndarray, n: int, rng: np.random.Generator) -> list[int]:
    return [int(i) for i in rng.choice(len(weights), size=n, p=weights)]
