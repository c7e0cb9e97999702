"""Makes candidates for the oracle: drawn by the agent, regrown, crossed over, edited or mutated; all are new."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

import numpy as np
from rdkit import Chem

from molgan.chem.molecule import parse
from molgan.chem.motifs import Motif, write
from molgan.chem.stereo import UnknownStereo
from molgan.graphs.motif.actions import NotEncodable, Vocabulary, decode
from molgan.graphs.motif.trees import atoms, nodes
from molgan.models.protocols import MotifTreeGenerator
from molgan.training.design.genetic import Motifs
from molgan.training.design.space import Space
from molgan.training.settings import OptimizeSettings

POLICY, REGROWTH, CROSSOVER, EDIT, MUTATION, START = "policy", "regrowth", "crossover", "edit", "mutation", "start"
_ROUNDS_A_LOOK = 4

Accept = Callable[[Chem.Mol], bool]
Refuse = Callable[[Chem.Mol], str | None]
_Made = tuple[Motif | None, str, tuple[int, ...]]  # tree, origin, parents


@dataclass(frozen=True, slots=True)
class Candidate:
    """A candidate: canonical SMILES, the tree that it was made with, its origin, and the calls of its parents."""

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


@dataclass(frozen=True, slots=True)
class Stock:
    """A genome that moves change, the calls that it comes from, and its weight in draws."""

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
            stocks.append(Stock(known[1], (parent.number,), weight))
        return stocks


class Proposals:
    """The candidates of a round: distinct, not in `known`, accepted by `accept`, and plausible."""

    def __init__(
        self,
        space: Space,
        vocabulary: Vocabulary,
        known: Container[str],
        settings: OptimizeSettings,
        accept: Accept = lambda mol: True,
        refuse: Refuse = lambda mol: None,
    ):
        """
        Args:
            space: The molecules that may be made.
            vocabulary: The motifs.
            known: SMILES of molecules that are scored already.
            settings: How many candidates each move makes.
            accept: Says whether a molecule may be scored.
            refuse: The reason why a molecule that may be scored is not plausible, "kind: details", or None.
        """
        self._space = space
        self._vocabulary = vocabulary
        self._known = known
        self._settings = settings
        self._accept = accept
        self._refuse = refuse
        self.refused: Counter[str] = Counter()  # distinct molecules, by the kind of the reason
        self._implausible: set[str] = set()
        self._found: dict[str, Candidate] = {}

    @property
    def candidates(self) -> list[Candidate]:
        """The candidates, in the order in which they were made."""
        return list(self._found.values())

    def breed(self, stocks: Sequence[Stock], rng: np.random.Generator) -> None:
        """Make children of scored molecules by genetic moves."""
        settings = self._settings
        self._take(self._make_children(stocks, (settings.crossover, settings.edit, settings.mutation), rng))

    def breed_again(self, promising: Sequence[Candidate], rng: np.random.Generator) -> None:
        """Make children of candidates that are not scored yet, by moves in the same proportions."""
        settings, stocks = self._settings, []
        for parent in promising:
            if parent.tree is not None:
                with suppress(UnknownStereo, ValueError):
                    stocks.append(Stock(self._space.genome(parent.mol, parent.tree, rng), parent.parents))
        moves = np.array([settings.crossover, settings.edit, settings.mutation])
        self._take(self._make_children(stocks, (settings.brood * moves // max(1, moves.sum())).tolist(), rng))

    def draw(self, agent: MotifTreeGenerator, stocks: Sequence[Stock], rng: np.random.Generator) -> None:
        """Let the agent draw candidates, from nothing or in place of a part of a scored molecule."""
        settings, space = self._settings, self._space
        # A start molecule may be larger.
        whole = [stock for stock in stocks if sum(map(atoms, stock.genome)) <= settings.max_atoms]
        regrown = _choose(whole, settings.regrowth, rng)
        wholes = settings.policy if regrown else settings.policy + settings.regrowth
        prefixes = [space.blank(self._vocabulary)] * wholes
        origins: list[tuple[str, tuple[int, ...]]] = [(POLICY, ())] * wholes
        for stock in regrown:
            try:
                prefix = space.hole(stock.genome, self._vocabulary, rng)
            except NotEncodable:
                continue
            if prefix is not None:
                prefixes.append(prefix)
                origins.append((REGROWTH, stock.numbers))
        samples = agent.sample(
            len(prefixes),
            seed=int(rng.integers(2**32)),
            max_atoms=settings.max_atoms,
            prefixes=prefixes,
            temperature=settings.temperature,
            bf16=settings.bf16,
        )
        trees = (space.complete(decode(sample.actions, self._vocabulary), rng) for sample in samples)
        self._take((tree, *origin) for tree, origin in zip(trees, origins, strict=True))

    def _make_children(
        self, stocks: Sequence[Stock], counts: Sequence[int], rng: np.random.Generator
    ) -> Iterator[_Made]:
        """Make children by as many crossovers, edits and mutations as `counts` says."""
        space, (crossovers, edits, mutations) = self._space, counts
        first, second = (_choose(stocks, crossovers, rng) for _ in range(2))
        for stock, other in zip(first, second, strict=True):
            numbers = tuple(dict.fromkeys(stock.numbers + other.numbers))
            yield space.cross(stock.genome, other.genome, rng), CROSSOVER, numbers
        own = [node.smiles for stock in stocks for part in stock.genome for _, node in nodes(part)]
        motifs = Motifs(self._vocabulary.motifs, own)
        for stock in _choose(stocks, edits, rng):
            yield space.edit(stock.genome, motifs, rng), EDIT, stock.numbers
        for stock in _choose(stocks, mutations, rng):
            yield space.mutate(stock.genome, rng), MUTATION, stock.numbers

    def _take(self, made: Iterable[_Made]) -> None:
        """Keep the molecules that are valid, new, accepted and not refused."""
        for tree, origin, numbers in made:
            if tree is None:
                continue
            molecule = parse(write(tree))
            smiles, mol = molecule.smiles, molecule.mol
            if smiles is None or mol is None or smiles in self._known or smiles in self._found:
                continue
            if smiles in self._implausible or not self._accept(mol):
                continue
            if (reason := self._refuse(mol)) is not None:
                self._implausible.add(smiles)
                self.refused[reason.partition(":")[0]] += 1
            else:
                self._found[smiles] = Candidate(smiles, mol, tree, origin, numbers)


def _choose(stocks: Sequence[Stock], n: int, rng: np.random.Generator) -> list[Stock]:
    if not stocks:
        return []
    weights = np.array([stock.weight for stock in stocks])
    return [stocks[i] for i in rng.choice(len(stocks), size=n, p=weights / weights.sum())]
