"""Makes candidates for the oracle: drawn by the agent, regrown, crossed over, edited, mutated, or with a ring system
exchanged; all are new."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

import numpy as np
from rdkit import Chem

from molgan.chem.molecule import parse
from molgan.chem.motifs import Motif, write
from molgan.chem.plausibility.flaws import count_flaws
from molgan.chem.stereo import UnknownStereo
from molgan.graphs.motif.actions import NotEncodable, Vocabulary, decode
from molgan.graphs.motif.trees import atoms, nodes
from molgan.models.protocols import MotifTreeGenerator
from molgan.training.design.genetic import Motifs
from molgan.training.design.genomes import Stock
from molgan.training.design.ring_exchange import read_ring_motifs
from molgan.training.design.space import Space
from molgan.training.settings import OptimizeSettings

POLICY, REGROWTH, CROSSOVER, EDIT, MUTATION = "policy", "regrowth", "crossover", "edit", "mutation"
EXCHANGE, START = "exchange", "start"
ORIGINS = (POLICY, REGROWTH, CROSSOVER, EDIT, MUTATION, EXCHANGE, START)
_RINGS_A_CHILD = 3  # ring systems tried for each child by exchange, of which the surrogate takes one

Accept = Callable[[Chem.Mol], bool]
Refuse = Callable[[Chem.Mol], str | None]
Flaws = Counter[str]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A candidate: canonical SMILES, the tree that it was made with, its origin, and the calls of its parents."""

    smiles: str
    mol: Chem.Mol
    tree: Motif | None
    origin: str
    parents: tuple[int, ...] = ()


Prefer = Callable[[Sequence[Candidate], int, np.random.Generator], list[Candidate]]
"""Chooses the most promising of candidates; none where it cannot tell."""


@dataclass(frozen=True, slots=True)
class _Made:
    """What a move made. `tolerated`: the flaws that it may have; None for what has been judged."""

    tree: Motif | None
    origin: str
    parents: tuple[int, ...] = ()
    tolerated: Flaws | None = None


class Proposals:
    """The candidates of a round: distinct, not in `known`, accepted by `accept`, sound and plausible."""

    def __init__(
        self,
        space: Space,
        vocabulary: Vocabulary,
        known: Container[str],
        settings: OptimizeSettings,
        accept: Accept = lambda mol: True,
        refuse: Refuse = lambda mol: None,
        tolerated: Flaws | None = None,
    ):
        """
        Args:
            space: The molecules that may be made.
            vocabulary: The motifs.
            known: SMILES of molecules that are scored already.
            settings: How many candidates each move makes.
            accept: Says whether a molecule may be scored.
            refuse: The reason why a molecule that may be scored is not plausible, "kind: details", or None.
            tolerated: Flaws of the core and the start molecules, which a spelled motif may have.
        """
        self._space = space
        self._vocabulary = vocabulary
        self._known = known
        self._settings = settings
        self._accept = accept
        self._refuse = refuse
        self._tolerated = Flaws() if tolerated is None else tolerated
        self.refused: Counter[str] = Counter()  # distinct molecules, by the kind of the reason
        self._implausible: set[str] = set()
        self._found: dict[str, Candidate] = {}

    @property
    def candidates(self) -> list[Candidate]:
        """The candidates, in the order in which they were made."""
        return list(self._found.values())

    def breed(
        self, stocks: Sequence[Stock], rng: np.random.Generator, prefer: Prefer = lambda candidates, n, rng: []
    ) -> None:
        """Make children of scored molecules by genetic moves; `prefer` chooses among ring systems to exchange."""
        self._make_children(stocks, self._moves, rng, prefer)

    def breed_again(self, promising: Sequence[Candidate], rng: np.random.Generator, prefer: Prefer) -> None:
        """Make children of candidates that are not scored yet, by moves in the same proportions."""
        stocks = []
        for parent in promising:
            if parent.tree is not None:
                with suppress(UnknownStereo, ValueError):
                    genome = self._space.genome(parent.mol, parent.tree, rng)
                    stocks.append(Stock(parent.mol, genome, parent.parents))
        moves = np.array(self._moves)
        self._make_children(stocks, (self._settings.brood * moves // max(1, moves.sum())).tolist(), rng, prefer)

    def draw(self, agent: MotifTreeGenerator, stocks: Sequence[Stock], rng: np.random.Generator) -> None:
        """Let the agent draw candidates, from nothing or in place of a part of a scored molecule."""
        settings, space = self._settings, self._space
        # A start molecule may be larger.
        whole = [stock for stock in stocks if sum(map(atoms, stock.genome)) <= settings.max_atoms]
        regrown = _choose(whole, settings.regrowth, rng)
        wholes = settings.policy if regrown else settings.policy + settings.regrowth
        prefixes = [space.blank(self._vocabulary)] * wholes
        drawn: list[tuple[str, Stock | None]] = [(POLICY, None)] * wholes
        for stock in regrown:
            try:
                prefix = space.hole(stock.genome, self._vocabulary, rng)
            except NotEncodable:
                continue
            if prefix is not None:
                prefixes.append(prefix)
                drawn.append((REGROWTH, stock))
        samples = agent.sample(
            len(prefixes),
            seed=int(rng.integers(2**32)),
            max_atoms=settings.max_atoms,
            prefixes=prefixes,
            temperature=settings.temperature,
            bf16=settings.bf16,
        )
        trees = (space.complete(decode(sample.actions, self._vocabulary), rng) for sample in samples)
        self._take(self._judge(tree, *each) for tree, each in zip(trees, drawn, strict=True))

    @property
    def _moves(self) -> tuple[int, int, int, int]:
        """The children by crossover, edit, mutation and exchange of ring systems."""
        settings = self._settings
        return settings.crossover, settings.edit, settings.mutation, settings.exchange

    def _judge(self, tree: Motif | None, origin: str, stock: Stock | None) -> _Made:
        """A drawn molecule with the flaws that it may have: those of the molecule that it was regrown from, or those of
        what was given. One of known motifs alone may have any, since the agent learned where they bind."""
        if stock is not None:
            return _Made(tree, origin, stock.numbers, count_flaws(stock.mol) | self._tolerated)
        known = self._vocabulary.index
        spelled = tree is not None and any(node.smiles not in known for _, node in nodes(tree))
        return _Made(tree, origin, tolerated=self._tolerated if spelled else None)

    def _make_children(
        self, stocks: Sequence[Stock], counts: Sequence[int], rng: np.random.Generator, prefer: Prefer
    ) -> None:
        """Make as many children by crossover, edit, mutation and exchange of ring systems as `counts` says."""
        *counts, exchanges = counts
        self._take(self._move(stocks, counts, rng))
        found = dict(self._examine(self._exchange(stocks, exchanges * _RINGS_A_CHILD, rng)))
        tried = list(found.values())
        for candidate in prefer(tried, exchanges, rng) or tried[:exchanges]:
            self._found[candidate.smiles] = candidate

    def _move(self, stocks: Sequence[Stock], counts: Sequence[int], rng: np.random.Generator) -> Iterator[_Made]:
        space, (crossovers, edits, mutations) = self._space, counts
        first, second = (_choose(stocks, crossovers, rng) for _ in range(2))
        for stock, other in zip(first, second, strict=True):
            numbers = tuple(dict.fromkeys(stock.numbers + other.numbers))
            yield _Made(space.cross(stock.genome, other.genome, rng), CROSSOVER, numbers)
        own = [node.smiles for stock in stocks for part in stock.genome for _, node in nodes(part)]
        motifs = Motifs(self._vocabulary.motifs, own)
        for stock in _choose(stocks, edits, rng):
            yield _Made(space.edit(stock.genome, motifs, rng), EDIT, stock.numbers)
        for stock in _choose(stocks, mutations, rng):
            yield _Made(space.mutate(stock.genome, rng), MUTATION, stock.numbers)

    def _exchange(self, stocks: Sequence[Stock], n: int, rng: np.random.Generator) -> Iterator[_Made]:
        for stock in _choose(stocks, n, rng):
            rings = read_ring_motifs(self._vocabulary.motifs)
            yield _Made(self._space.exchange(stock.genome, rings, rng), EXCHANGE, stock.numbers)

    def _take(self, made: Iterable[_Made]) -> None:
        """Keep what may be scored."""
        for smiles, candidate in self._examine(made):
            self._found[smiles] = candidate

    def _examine(self, made: Iterable[_Made]) -> Iterator[tuple[str, Candidate]]:
        """The molecules that are valid, new, accepted and not refused, by their SMILES."""
        for each in made:
            if each.tree is None:
                continue
            molecule = parse(write(each.tree))
            smiles, mol = molecule.smiles, molecule.mol
            if smiles is None or mol is None or smiles in self._known or smiles in self._found:
                continue
            if smiles in self._implausible or not self._accept(mol):
                continue
            if (reason := _find_flaw(mol, each.tolerated) or self._refuse(mol)) is not None:
                self._implausible.add(smiles)
                self.refused[reason.partition(":")[0]] += 1
            else:
                yield smiles, Candidate(smiles, mol, each.tree, each.origin, each.parents)


def _find_flaw(mol: Chem.Mol, tolerated: Flaws | None) -> str | None:
    """The first flaw of a molecule that is not tolerated so often, None for none."""
    return None if tolerated is None else min(count_flaws(mol) - tolerated, default=None)


def _choose(stocks: Sequence[Stock], n: int, rng: np.random.Generator) -> list[Stock]:
    if not stocks:
        return []
    weights = np.array([stock.weight for stock in stocks])
    return [stocks[i] for i in rng.choice(len(stocks), size=n, p=weights / weights.sum())]
