"""Find the stars of a set that the atoms of a molecule satisfy, remembered by the atoms' environments.

A star is a query atom with its bonds and neighbours (see `smarts_outline`). Sets of stars are bit sets.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence

from rdkit import Chem, rdBase

from molgan.scoring.fast.atom_graph import Graph
from molgan.scoring.fast.query_atoms import ANY
from molgan.scoring.fast.smarts_outline import End, Star

_REMEMBERED = 300_000


class Stars:
    """The bit of a star is its position in `stars`."""

    def __init__(self, stars: Sequence[Star]) -> None:
        queries = sorted({query for centre, ends in stars for query in (centre, *(query for _, query in ends))})
        self._bits = {query: 1 << number for number, query in enumerate(queries)}
        with rdBase.BlockLogs():
            atoms = {bit: Chem.AtomFromSmarts(query) for query, bit in self._bits.items()}
        # A query that RDKit has written and cannot read counts as any atom.
        self._atoms = {bit: atom or Chem.AtomFromSmarts(ANY) for bit, atom in atoms.items()}
        self._ends: dict[End, int] = {}
        # The stars around a query: the bits of their ends, the kinds of bond and the query of each end, their own bit.
        self._centred: dict[int, list[tuple[int, list[tuple[int, int]], int]]] = defaultdict(list)
        for number, (centre, ends) in enumerate(stars):
            own = {self._ends.setdefault(end, 1 << len(self._ends)) for end in ends}
            takes = [(kinds, self._bits[query]) for kinds, query in ends]
            self._centred[self._bits[centre]].append((sum(own), takes, 1 << number))
        self._queries_of: dict[int, int] = {}
        self._ends_of: dict[tuple[int, int], int] = {}
        self._stars_of: dict[int, int] = {}

    def find_satisfied(self, graph: Graph) -> list[int]:
        """The stars that each atom satisfies."""
        known = self._stars_of
        try:
            return [known[environment] for environment in graph.environments]
        except KeyError:
            self._learn(graph)
        return [known[environment] for environment in graph.environments]

    def known(self) -> Collection[int]:
        """The stars of each known environment."""
        return self._stars_of.values()

    def _learn(self, graph: Graph) -> None:
        if len(self._stars_of) > _REMEMBERED:
            self._stars_of.clear()
        self._learn_queries(graph)
        for environment, number, around in zip(graph.environments, graph.types, graph.neighbours, strict=True):
            if environment not in self._stars_of:
                bound = [(kind, graph.types[other]) for other, kind in around]
                self._stars_of[environment] = self._match_atom(number, bound)

    def _match_atom(self, number: int, neighbours: list[tuple[int, int]]) -> int:
        """The stars of an atom of a type; `neighbours` are given by bond and type."""
        ends = 0
        for neighbour in neighbours:
            ends |= self._match_ends(*neighbour)
        held = [(kind, self._queries_of[other]) for kind, other in neighbours]
        centred = [self._centred[query] for query in split_bits(self._queries_of[number])]
        able = [(takes, bit) for stars in centred for own, takes, bit in stars if ends & own == own]
        return sum([bit for takes, bit in able if _can_assign(takes, held)])

    def _match_ends(self, kind: int, number: int) -> int:
        """The ends that a bond of a kind to an atom of a type satisfies."""
        if (kind, number) not in self._ends_of:
            held = self._queries_of[number]
            self._ends_of[kind, number] = sum(
                bit for (kinds, query), bit in self._ends.items() if kinds >> kind & 1 and held & self._bits[query]
            )
        return self._ends_of[kind, number]

    def _learn_queries(self, graph: Graph) -> None:
        """The queries that each atom satisfies, remembered by type."""
        if all(number in self._queries_of for number in graph.types):
            return
        for number, index in zip(graph.types, graph.order, strict=True):
            if number not in self._queries_of:
                atom = graph.mol.GetAtomWithIdx(index)
                self._queries_of[number] = sum(bit for bit, query in self._atoms.items() if query.Match(atom))


def split_bits(number: int) -> Iterator[int]:
    """The powers of two that add up to `number`."""
    while number:
        bit = number & -number
        yield bit
        number ^= bit


def _can_assign(takes: list[tuple[int, int]], neighbours: list[tuple[int, int]]) -> bool:
    """Whether each end finds a neighbour of its own. An end is given by the kinds of bond and the query that it takes,
    a neighbour by its bond's kind and the queries that it satisfies."""
    if not takes:
        return True
    kinds, query = takes[0]
    return any(
        kinds >> kind & 1 and held & query and _can_assign(takes[1:], neighbours[:k] + neighbours[k + 1 :])
        for k, (kind, held) in enumerate(neighbours)
    )
