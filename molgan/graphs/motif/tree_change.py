"""What differs between two molecules: the largest common part of their motif trees, and what is there in its place."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count

from molgan.chem.motifs import Motif, list_symmetries, reroot, write_bound
from molgan.chem.templates import size
from molgan.graphs.motif.flat_tree import NOWHERE, FlatTree, Link, root_at

_HYDROGEN = "[H]"
_PLACE = re.compile(r"\[(\d+)\*H\]")


@dataclass(frozen=True)
class TreeChange:
    """How a molecule is changed into another one.

    `text` is the transformation, as of matched molecular pairs, with attachment points in place of what stays:
    `[*:1]OC>>[*:1]N`, or of several places, `[*:1]OC.[*:2][H]>>[*:1]N.[*:2]F`; empty where the trees are equal.
    `common` are the atoms that stay, numbered as the trees are written, in the one and the other.
    """

    text: str
    common: dict[int, int]

    @classmethod
    def between(cls, before: Motif, after: Motif) -> TreeChange:
        """The change from one tree to another; stereo is left out, so that stereoisomers are equal."""
        pair = _Pair(before, after)
        best = max(pair.anchors(), key=lambda match: (match.atoms, -len(match.changes)), default=None)
        if best is None:
            return cls("", {})
        common = {
            one: other
            for left, right in best.motifs
            for one, other in zip(
                _pick(pair.numbers[0][left.node], left.order),
                _pick(pair.numbers[1][right.node], right.order),
                strict=True,
            )
        }
        return cls(pair.write(best.changes), common)


@dataclass(frozen=True, slots=True)
class _Placed:
    """A motif whose atoms come in an order in which those of another are the same."""

    node: int
    order: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Place:
    """A part of a tree: where it begins, and the motif that it hangs on."""

    node: int
    site: int
    back: int


@dataclass(frozen=True, slots=True)
class _Swap:
    """Two parts that are there in place of each other, None for a hydrogen, and the links behind them that stay: the
    motifs beside the first one, and those beside the second one in the same order."""

    left: _Place | None
    right: _Place | None
    beyond: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class _Match:
    """Equal motifs of two trees, their heavy atoms, and what is changed beside them."""

    atoms: int = 0
    motifs: tuple[tuple[_Placed, _Placed], ...] = ()
    changes: tuple[_Swap, ...] = ()

    def __add__(self, other: _Match) -> _Match:
        return _Match(self.atoms + other.atoms, self.motifs + other.motifs, self.changes + other.changes)


class _Pair:
    """Two trees that are compared."""

    def __init__(self, before: Motif, after: Motif) -> None:
        self.left, self.right = FlatTree(before), FlatTree(after)
        self.numbers = number_atoms(before), number_atoms(after)
        self._known: dict[tuple[int, int, int, int], _Match | None] = {}

    def anchors(self) -> Iterator[_Match]:
        """The matches that contain a motif of each tree, at each of the ways to lay one on the other."""
        for left, smiles in enumerate(self.left.smiles):
            for right, other in enumerate(self.right.smiles):
                if size(smiles) != size(other):
                    continue
                for site in range(size(other)):
                    match = self._match(_Place(left, 0, NOWHERE), _Place(right, site, NOWHERE))
                    if match is not None:
                        yield match

    def _match(self, left: _Place, right: _Place) -> _Match | None:
        """The parts laid on each other, None where their first motifs differ."""
        key = (left.node, left.back, right.node, right.back)
        if left.back == NOWHERE or key not in self._known:
            self._known[key] = self._lay(left, right)
        return self._known[key]

    def _lay(self, left: _Place, right: _Place) -> _Match | None:
        one, other = self.left.smiles[left.node], self.right.smiles[right.node]
        if root_at(one, left.site)[0] != root_at(other, right.site)[0]:
            return None
        rooted, order = reroot(one, left.site)
        _, opposite = reroot(other, right.site)
        ours = self._list_links(self.left, left, order)
        theirs = self._list_links(self.right, right, opposite)
        found: _Match | None = None
        for symmetry in (tuple(range(len(order))), *list_symmetries(rooted)):
            moved = [(symmetry[site], link) for site, link in theirs]
            turned = [0] * len(order)
            for site, at in enumerate(symmetry):
                turned[at] = opposite[site]
            same = ((_Placed(left.node, order), _Placed(right.node, tuple(turned))),)
            match = _Match(len(order), same)
            for site in range(len(order)):
                match += self._pair_up(
                    left.node, [link for at, link in ours if at == site],
                    right.node, [link for at, link in moved if at == site],
                )  # fmt: skip
            if found is None or (match.atoms, -len(match.changes)) > (found.atoms, -len(found.changes)):
                found = match
        return found

    def _list_links(self, tree: FlatTree, place: _Place, order: Sequence[int]) -> list[tuple[int, Link]]:
        return [(order.index(link.site), link) for link in tree.links[place.node] if link.other != place.back]

    def _pair_up(self, left: int, ours: list[Link], right: int, theirs: list[Link]) -> _Match:
        """What hangs at one site of two equal motifs."""
        match, rest, others = self._pair_equal(left, ours, right, theirs)
        for i in range(max(len(rest), len(others))):
            one = _Place(rest[i].other, rest[i].there, left) if i < len(rest) else None
            other = _Place(others[i].other, others[i].there, right) if i < len(others) else None
            match += self._swap(one, other)
        return match

    def _pair_equal(
        self, left: int, ours: list[Link], right: int, theirs: list[Link]
    ) -> tuple[_Match, list[Link], list[Link]]:
        """The matches of parts that begin alike, largest first, and the links of those that are left over."""
        match, rest, others = _Match(), list(ours), list(theirs)
        while True:
            found = [
                (each.atoms, -len(each.changes), -i, -j, each)
                for i, link in enumerate(rest)
                for j, other in enumerate(others)
                if (each := self._match(_Place(link.other, link.there, left), _Place(other.other, other.there, right)))
            ]
            if not found:
                return match, rest, others
            *_, i, j, best = max(found, key=lambda each: each[:4])
            match += best
            del rest[-i], others[-j]

    def _swap(self, left: _Place | None, right: _Place | None) -> _Match:
        """Parts that begin with different motifs, with what stays of them behind these."""
        if left is None or right is None:
            return _Match(0, (), (_Swap(left, right),))
        ours = [link for link in self.left.links[left.node] if link.other != left.back]
        theirs = [link for link in self.right.links[right.node] if link.other != right.back]
        beyond: list[tuple[int, int]] = []
        match = _Match()
        for link in list(ours):
            for other in theirs:
                equal = self.left.key(link.other, link.there, left.node) == self.right.key(
                    other.other, other.there, right.node
                )
                laid = equal and self._match(
                    _Place(link.other, link.there, left.node), _Place(other.other, other.there, right.node)
                )
                if laid:
                    match += laid
                    beyond.append((link.other, other.other))
                    theirs.remove(other)
                    break
        return match + _Match(0, (), (_Swap(left, right, tuple(beyond)),))

    def write(self, changes: Sequence[_Swap]) -> str:
        """The transformation; parts in the order of their texts, so that it is the same from any anchor."""
        ordered = sorted(changes, key=lambda swap: self._write_swap(swap, count(1)))
        numbers = count(1)
        sides = [self._write_swap(swap, numbers) for swap in ordered]
        return ".".join(one for one, _ in sides) + ">>" + ".".join(other for _, other in sides) if sides else ""

    def _write_swap(self, swap: _Swap, numbers: Iterator[int]) -> tuple[str, str]:
        first = next(numbers)
        beyond = [next(numbers) for _ in swap.beyond]
        left = {one: Motif(f"[{n}*H]") for (one, _), n in zip(swap.beyond, beyond, strict=True)}
        right = {other: Motif(f"[{n}*H]") for (_, other), n in zip(swap.beyond, beyond, strict=True)}
        return _write_part(self.left, swap.left, left, first), _write_part(self.right, swap.right, right, first)


def _write_part(tree: FlatTree, place: _Place | None, holes: dict[int, Motif], number: int) -> str:
    if place is None:
        return f"[*:{number}]{_HYDROGEN}"
    text = write_bound(tree.grow(place.node, place.site, place.back, holes))
    return f"[*:{number}]" + _PLACE.sub(r"[*:\1]", text)


def _pick(numbers: Sequence[int], order: Sequence[int]) -> list[int]:
    return [numbers[site] for site in order]


def number_atoms(tree: Motif) -> list[list[int]]:
    """The numbers of the atoms of each motif in the order in which a tree is written; motifs as in `FlatTree`."""
    numbers: list[list[int]] = []
    _number_part(tree, numbers, count())
    return numbers


def _number_part(tree: Motif, numbers: list[list[int]], atoms: Iterator[int]) -> None:
    own: list[int] = []
    numbers.append(own)
    position = 0
    for site in range(size(tree.smiles)):
        own.append(next(atoms))
        while position < len(tree.children) and tree.children[position][0] == site:
            _number_part(tree.children[position][1], numbers, atoms)
            position += 1
