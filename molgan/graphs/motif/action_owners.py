"""Which motif of a tree each action of its sequence belongs to."""

from __future__ import annotations

from itertools import count

from molgan.chem.motifs import Motif
from molgan.chem.templates import template
from molgan.graphs.motif.actions import Vocabulary, spell


def find_owners(tree: Motif, vocabulary: Vocabulary) -> list[int]:
    """The motif that each action of `encode` belongs to; motifs are numbered in the order in which a tree is written.

    The site where a motif is bound is its own, an end and a mark that of the motif that they stand behind.
    """
    owners: list[int] = []
    _list_owners(tree, vocabulary, owners, count(), bound=False)
    return owners


def _list_owners(tree: Motif, vocabulary: Vocabulary, owners: list[int], numbers: count[int], *, bound: bool) -> int:
    own = next(numbers)
    owners += [own] * (1 if tree.smiles in vocabulary.index else len(spell(tree.smiles)))
    free = list(template(tree.smiles).capacity)
    free[0] -= bound
    has_sites = len(free) > 1
    owners += [own] * (len(tree.marks) * (1 + has_sites))
    last = 0
    for site, child in tree.children:
        place = len(owners)
        number = _list_owners(child, vocabulary, owners, numbers, bound=True)
        if has_sites:
            owners.insert(place, number)
        free[site] -= 1
        last = site
    owners += [own] * any(free[last:])
    return own
