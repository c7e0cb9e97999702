"""Necessary conditions that rule out, for a molecule, nearly all of a large set of SMARTS without trying to match them.

A pattern is taken apart into stars: an atom, its bonds and its neighbours, weakened to what an atom's type decides. It
can match only where the molecule has each of its stars at as many atoms as the pattern (counted to three), as many
independent cycles, and cycles of the same sizes. The stars that an atom satisfies depend on its environment (see
`atom_graph`) and are remembered by it, so a molecule costs a look-up an atom. What passes has to be matched.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from rdkit import Chem

from molgan.scoring.fast.atom_graph import Graph
from molgan.scoring.fast.atom_stars import Stars, split_bits
from molgan.scoring.fast.smarts_outline import Outline, Star, outline

_MOST_CYCLES = 16
_LARGEST_CYCLE = 32
_CYCLE_BITS = 2 * _LARGEST_CYCLE + _MOST_CYCLES


class Screen:
    """The screens of a set of patterns; None stands for an unknown pattern, which always passes.

    What a pattern needs and what a molecule has are bit sets of the same layout: the stars that are there once, those
    that are there twice, those that are there three times, and the cycles.
    """

    def __init__(self, patterns: Sequence[Chem.Mol | None]) -> None:
        outlines = [None if pattern is None else outline(pattern) for pattern in patterns]
        most: Counter[Star] = Counter()
        for known in outlines:
            most |= known.stars if known else Counter()
        # Stars that some pattern has more than once come first: only those are counted.
        stars = [star for star, _ in most.most_common()]
        self._stars = Stars(stars)
        self._width = len(stars)
        self._repeated = (1 << sum(count > 1 for count in most.values())) - 1
        number = {star: position for position, star in enumerate(stars)}
        self._needs = [(self._need(known, number), i) for i, known in enumerate(outlines) if known is not None]
        self._always = [i for i, known in enumerate(outlines) if known is None]
        self._cycles_of: dict[tuple[int, frozenset[int], frozenset[int]], int] = {}
        self._filed = self._file()

    def find_passing(self, graph: Graph) -> list[int]:
        """The positions of the patterns that may match; all that do match are among them."""
        have = _tally(self._stars.find_satisfied(graph), self._repeated, self._width) | self._cycles(graph)
        if len(self._stars.known()) > self._file_again_at:
            self._filed = self._file()
        keys, filed = self._filed
        passing = list(self._always)
        for key in split_bits(have & keys):
            passing += [position for need, position in filed[key] if have & need == need]
        return passing

    def _need(self, known: Outline, number: dict[Star, int]) -> int:
        counts = ((number[star], min(count, 3)) for star, count in known.stars.items())
        stars = sum(1 << position + block * self._width for position, count in counts for block in range(count))
        return stars | self._cycle_bits(known.cycles, known.sizes, known.aromatic)

    def _cycles(self, graph: Graph) -> int:
        space = graph.cycle_space
        if space is None:
            return (1 << _CYCLE_BITS) - 1 << 3 * self._width
        others = ~graph.aromatic_bonds
        sizes = frozenset([cycle.bit_count() for cycle in space])
        aromatic = frozenset([cycle.bit_count() for cycle in space if not cycle & others])
        described = len(graph.cycles), sizes, aromatic
        if described not in self._cycles_of:
            self._cycles_of[described] = self._cycle_bits(*described)
        return self._cycles_of[described]

    def _cycle_bits(self, cycles: int, sizes: Iterable[int], aromatic: Iterable[int]) -> int:
        """As many low bits as there are cycles, and a bit for each size, after the stars."""
        cycle_bits = (1 << min(cycles, _MOST_CYCLES)) - 1
        cycle_bits |= sum(1 << _MOST_CYCLES + size for size in sizes if size < _LARGEST_CYCLE)
        cycle_bits |= sum(1 << _MOST_CYCLES + _LARGEST_CYCLE + size for size in aromatic if size < _LARGEST_CYCLE)
        return cycle_bits << 3 * self._width

    def _file(self) -> tuple[int, dict[int, list[tuple[int, int]]]]:
        """File each pattern under the one of its stars that the fewest known environments satisfy; it is examined only
        where a molecule has that star. Returns these stars, and the needs and positions of the patterns under each."""
        known = self._stars.known()
        once = (1 << self._width) - 1
        frequency = Counter(star for stars in known for star in split_bits(stars))
        filed: dict[int, list[tuple[int, int]]] = defaultdict(list)
        for need, position in self._needs:
            key = min(split_bits(need & once), key=lambda star: (frequency[star], -star))
            filed[key].append((need, position))
        self._file_again_at = 2 * len(known) + 256
        return sum(filed), dict(filed)


def _tally(masks: Iterable[int], repeated: int, width: int) -> int:
    """The bits that are in a mask, in two, and in three, one block of `width` bits after the other; bits outside
    `repeated` are in the first block only."""
    ones = twos = threes = 0
    for mask in masks:
        again = ones & mask & repeated
        threes |= twos & again
        twos |= again
        ones |= mask
    return ones | twos << width | threes << 2 * width
