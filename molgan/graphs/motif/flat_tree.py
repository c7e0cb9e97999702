"""A motif tree seen from any of its atoms: keys of its parts, by which equal parts of molecules are found fast."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple

from rdkit import Chem

from molgan.chem.motifs import Motif, list_symmetries, reroot
from molgan.chem.templates import size, template

NOWHERE = -1
_BITS = (1 << 64) - 1


class Link(NamedTuple):
    """A bond between motifs: the site of the own motif, the other motif, and the site there."""

    site: int
    other: int
    there: int


class Cut(NamedTuple):
    """A molecule cut in two at one bond between motifs (a single cut of J. Hussain, C. Rea, J. Chem. Inf. Model. 50,
    339 (2010)): keys of the part that stays, rooted at the bond, and of the part that varies, with its heavy atoms."""

    constant: int
    variable: int
    atoms: int


class FlatTree:
    """A tree without a root, and without its stereo: motifs by their numbers, in the order of writing, and links.

    A part of the tree is what hangs on a link. Its key is the same number (64 bits) for the same part of any molecule,
    wherever the molecule's tree is rooted: different parts have different ones but for chance.
    """

    def __init__(self, tree: Motif) -> None:
        self.smiles: list[str] = []
        self.links: list[list[Link]] = []
        self._keys: dict[tuple[int, int], int] = {}
        self._atoms: dict[tuple[int, int], int] = {}
        self._add(tree)

    def _add(self, tree: Motif) -> int:
        number = len(self.smiles)
        self.smiles.append(tree.smiles)
        self.links.append([])
        for site, child in tree.children:
            other = self._add(child)
            self.links[number].append(Link(site, other, 0))
            self.links[other].append(Link(0, number, site))
        return number

    def key(self, node: int, site: int, back: int = NOWHERE) -> int:
        """The key of the part that begins at `site` of a motif and does not go `back` to that other motif."""
        known = self._keys.get((node, back)) if back != NOWHERE else None
        if known is not None:
            return known
        smiles, symmetries, place = root_at(self.smiles[node], site)
        children = sorted(
            (place[link.site], self.key(link.other, link.there, node))
            for link in self.links[node]
            if link.other != back
        )
        if children and symmetries:
            children = min(children, *(sorted((p[at], key) for at, key in children) for p in symmetries))
        found = hash((smiles, *children)) & _BITS
        if back != NOWHERE:
            self._keys[node, back] = found
        return found

    def atoms(self, node: int, back: int) -> int:
        """The heavy atoms of the part that begins at a motif and does not go `back` to that other motif."""
        if (node, back) not in self._atoms:
            below = (self.atoms(link.other, node) for link in self.links[node] if link.other != back)
            self._atoms[node, back] = size(self.smiles[node]) + sum(below)
        return self._atoms[node, back]

    def cuts(self, most: int) -> Iterator[Cut]:
        """The cuts whose varying part has at most `most` heavy atoms and no more than the part that stays."""
        for node, links in enumerate(self.links):
            for link in links:
                varying, staying = self.atoms(link.other, node), self.atoms(node, link.other)
                if varying <= min(most, staying):
                    constant = self.key(node, link.site, link.other)
                    yield Cut(constant, self.key(link.other, link.there, node), varying)

    def grow(self, node: int, site: int, back: int, holes: Mapping[int, Motif]) -> Motif:
        """The part that begins at `site` of a motif and does not go `back` to that other motif, as a tree; in place of
        some motifs beside it there are `holes`, by their numbers."""
        rooted, order = reroot(self.smiles[node], site)
        children = [
            (order.index(link.site), holes.get(link.other) or self.grow(link.other, link.there, node, {}))
            for link in self.links[node]
            if link.other != back
        ]
        return Motif(rooted, tuple(sorted(children)))

    @property
    def whole(self) -> int:
        """The key of the molecule."""
        if len(self.smiles) == 1:
            return _number_motif(self.smiles[0])
        pairs = (
            (self.key(node, link.site, link.other), self.key(link.other, link.there, node))
            for node, links in enumerate(self.links)
            for link in links
        )
        return hash(min(pairs)) & _BITS

    @property
    def scaffold(self) -> int:
        """The key of the Murcko scaffold, 0 for a molecule without a ring: the tree without the ends that have none.

        It differs from RDKit's where a charge keeps a motif whole, as that of an N-oxide.
        """
        kept = set(range(len(self.smiles)))
        ends = [node for node in kept if len(self.links[node]) < 2]
        while ends:
            node = ends.pop()
            if node not in kept or template(self.smiles[node]).most_rings:
                continue
            kept.discard(node)
            for link in self.links[node]:
                if link.other in kept and sum(each.other in kept for each in self.links[link.other]) < 2:
                    ends.append(link.other)
        if len(kept) == len(self.smiles):
            return self.whole
        return self._part(kept).whole if kept else 0

    def _part(self, kept: set[int]) -> FlatTree:
        part = object.__new__(FlatTree)
        number = {node: i for i, node in enumerate(sorted(kept))}
        part.smiles = [self.smiles[node] for node in number]
        part.links = [
            [Link(site, number[other], there) for site, other, there in self.links[node] if other in kept]
            for node in number
        ]
        part._keys, part._atoms = {}, {}
        return part


@lru_cache(maxsize=200_000)
def root_at(smiles: str, site: int) -> tuple[int, tuple[tuple[int, ...], ...], tuple[int, ...]]:
    """A motif rooted at a site: a number for its SMILES, its symmetries, and the new site of each old one."""
    rooted, order = reroot(smiles, site)
    place = [0] * len(order)
    for new, old in enumerate(order):
        place[old] = new
    return _number_text(rooted), list_symmetries(rooted), tuple(place)


@lru_cache(maxsize=100_000)
def _number_motif(smiles: str) -> int:
    return _number_text(f"whole {Chem.MolToSmiles(Chem.MolFromSmiles(smiles))}")


def _number_text(text: str) -> int:
    # Not Python's own hash of a text, which is another one in each process.
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=7).digest())
