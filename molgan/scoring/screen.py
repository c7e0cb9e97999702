"""Necessary conditions that rule out, for a molecule, nearly all of a large set of SMARTS without trying to match them.

A pattern is taken apart into stars: an atom, its bonds and its neighbours, weakened to what an atom's type decides. It
can match only where the molecule has each of its stars at as many atoms as the pattern (counted to three), as many
independent cycles, and cycles of the same sizes. The stars that an atom satisfies depend on its environment (see
`graph`) and are remembered by it, so a molecule costs a look-up an atom. What passes has to be matched.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence

from rdkit import Chem

from molgan.scoring.graph import AROMATIC, RING, Graph
from molgan.scoring.outline import End, Outline, Star, outline

_REMEMBERED = 300_000
_MOST_CYCLES = 16
_LARGEST_CYCLE = 32


class Screen:
    """The screens of a set of patterns; None stands for a pattern that nothing is known of and that always passes."""

    def __init__(self, patterns: Sequence[Chem.Mol | None]) -> None:
        outlines = [None if pattern is None else outline(pattern) for pattern in patterns]
        self._number([known for known in outlines if known is not None])
        self._always = [position for position, known in enumerate(outlines) if known is None]
        self._needs = [(self._need(known), i) for i, known in enumerate(outlines) if known is not None]
        self._queries_of: dict[int, int] = {}
        self._ends_of: dict[tuple[int, int], int] = {}
        self._stars_of: dict[int, int] = {}
        self._sort_by_key()

    def passing(self, graph: Graph) -> list[int]:
        """The positions of the patterns that may match; all that do match are among them."""
        have = self._have(graph)
        keys = have & self._keys
        passing = list(self._always)
        while keys:
            key = keys & -keys
            passing += [position for need, position in self._by_key[key] if have & need == need]
            keys ^= key
        return passing

    def _have(self, graph: Graph) -> int:
        known = self._stars_of
        try:
            stars = [known[environment] for environment in graph.environments]
        except KeyError:
            stars = self._learn(graph)
        return _tally(stars, self._repeated, self._width) | self._cycle_bits(graph)

    # Numbers and needs, once

    def _number(self, outlines: list[Outline]) -> None:
        """Number queries, ends and stars; those that some pattern has more than once come first."""
        most: Counter[Star] = Counter()
        for known in outlines:
            most |= known.stars
        self._stars = {star: number for number, (star, _) in enumerate(most.most_common())}
        self._width = len(self._stars)
        self._repeated = (1 << sum(count > 1 for count in most.values())) - 1
        ends: Counter[End] = Counter()
        for _, arms in self._stars:
            ends |= Counter(arms)
        self._ends = {end: number for number, (end, _) in enumerate(ends.most_common())}
        self._repeated_ends = (1 << sum(count > 1 for count in ends.values())) - 1
        queries = {query for query, _ in self._stars} | {query for _, query in self._ends}
        self._queries = {query: 1 << number for number, query in enumerate(sorted(queries))}
        self._atoms = {bit: Chem.AtomFromSmarts(query) for query, bit in self._queries.items()}
        self._stars_at: dict[int, list[tuple[int, int]]] = defaultdict(list)
        for (query, arms), number in self._stars.items():
            arms_need = _multiples(((self._ends[end], count) for end, count in Counter(arms).items()), len(self._ends))
            self._stars_at[self._queries[query]].append((arms_need, 1 << number))

    def _need(self, known: Outline) -> int:
        stars = _multiples(((self._stars[star], count) for star, count in known.stars.items()), self._width)
        return stars | self._cycle_need(known.cycles, known.sizes, known.aromatic)

    def _cycle_need(self, cycles: int, sizes: Iterable[int], aromatic: Iterable[int]) -> int:
        bits = sum(1 << size for size in sizes if size < _LARGEST_CYCLE)
        bits |= sum(1 << (_LARGEST_CYCLE + size) for size in aromatic if size < _LARGEST_CYCLE)
        bits |= ((1 << min(cycles, _MOST_CYCLES)) - 1) << (2 * _LARGEST_CYCLE)
        return bits << (3 * self._width)

    def _sort_by_key(self) -> None:
        """File each pattern under that of its stars that the fewest known environments satisfy: it is looked at only
        where a molecule has that star."""
        stars = (1 << self._width) - 1
        frequency = Counter(star for known in self._stars_of.values() for star in _bits(known))
        self._by_key: dict[int, list[tuple[int, int]]] = defaultdict(list)
        for need, position in self._needs:
            key = min(_bits(need & stars), key=lambda star: (frequency[star], -star))
            self._by_key[key].append((need, position))
        self._keys = sum(self._by_key)
        self._sort_again_at = 2 * len(self._stars_of) + 256

    # What a molecule has

    def _cycle_bits(self, graph: Graph) -> int:
        space = graph.cycle_space
        if space is None:
            return ((1 << (2 * _LARGEST_CYCLE + _MOST_CYCLES)) - 1) << (3 * self._width)
        others = ~graph.bonds_where(AROMATIC + RING)
        sizes = {cycle.bit_count() for cycle in space}
        aromatic = {cycle.bit_count() for cycle in space if not cycle & others}
        return self._cycle_need(len(graph.cycles), sizes, aromatic)

    def _learn(self, graph: Graph) -> list[int]:
        """The stars of each atom, remembered by environment."""
        if len(self._stars_of) > _REMEMBERED:
            self._stars_of.clear()
        if len(self._stars_of) > self._sort_again_at:
            self._sort_by_key()
        self._learn_queries(graph)
        return [self._stars_at_atom(graph, atom) for atom in range(len(graph.types))]

    def _stars_at_atom(self, graph: Graph, atom: int) -> int:
        environment = graph.environments[atom]
        if environment not in self._stars_of:
            masks = [self._ends_at(kind, graph.types[other]) for other, kind in graph.neighbours[atom]]
            ends = _tally(masks, self._repeated_ends, len(self._ends))
            queries = self._queries_of[graph.types[atom]]
            stars = (star for query in _bits(queries) for star in self._stars_at[query])
            self._stars_of[environment] = sum(star for need, star in stars if ends & need == need)
        return self._stars_of[environment]

    def _ends_at(self, kind: int, number: int) -> int:
        """The ends that a bond of a kind to an atom of a type satisfies, as a bit set."""
        if (kind, number) not in self._ends_of:
            held = self._queries_of[number]
            ends = (
                end for (kinds, query), end in self._ends.items() if kinds >> kind & 1 and held & self._queries[query]
            )
            self._ends_of[kind, number] = sum(1 << end for end in ends)
        return self._ends_of[kind, number]

    def _learn_queries(self, graph: Graph) -> None:
        """The queries that each atom satisfies, as a bit set, remembered by type."""
        if all(number in self._queries_of for number in graph.types):
            return
        for number, index in zip(graph.types, graph.order, strict=True):
            if number not in self._queries_of:
                atom = graph.mol.GetAtomWithIdx(index)
                matching = (bit for bit, query in self._atoms.items() if query.Match(atom))
                self._queries_of[number] = sum(matching)


def _bits(number: int) -> Iterator[int]:
    """The powers of two that add up to `number`."""
    while number:
        bit = number & -number
        yield bit
        number ^= bit


def _multiples(counts: Iterable[tuple[int, int]], width: int) -> int:
    """A bit set with three blocks of `width`: number k is in the first if counted once, in all if three times."""
    return sum(1 << (number + block * width) for number, count in counts for block in range(min(count, 3)))


def _tally(masks: Iterable[int], repeated: int, width: int) -> int:
    """`_multiples` of how often each bit is in `masks`; bits outside `repeated` are counted to one only."""
    ones = twos = threes = 0
    for mask in masks:
        again = ones & mask & repeated
        threes |= twos & again
        twos |= again
        ones |= mask
    return ones | twos << width | threes << (2 * width)
