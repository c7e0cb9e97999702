"""Whether a move makes chemistry that its parents do not have and that no chemist would show."""

from __future__ import annotations

from collections import Counter
from functools import lru_cache, reduce
from operator import or_

from rdkit import Chem

from molgan.chem.motifs import Motif, write
from molgan.chem.plausibility.flaws import count_flaws, count_links
from molgan.graphs.motif.actions import HOLE, WRITTEN_HOLE
from molgan.graphs.motif.trees import bind, can_bind, replace_leaves

_METHYL = Motif("C")


def is_sound(child: Motif, *parents: Motif, bound: bool = False, makes_rings: bool = False) -> bool:
    """Whether a child has each of `count_flaws` and `count_links` no more often than the parent that has it most often.

    `bound` trees are judged with a methyl group where they hang, holes in them with nothing there. Links inside rings
    count for a move that `makes_rings`; others take whole ring systems, as data has them.
    """
    mol = Chem.MolFromSmiles(_write_whole(child, bound))
    if mol is None:
        return False
    found = _count_all(mol, makes_rings)
    return not found or found <= reduce(or_, (_count_of(_write_whole(each, bound), makes_rings) for each in parents))


def _write_whole(tree: Motif, bound: bool) -> str:
    if not bound:
        return write(tree)
    tree = replace_leaves(tree, HOLE, WRITTEN_HOLE)
    return write(bind(_METHYL, (), 0, tree) if can_bind(tree) else tree)


@lru_cache(maxsize=10_000)
def _count_of(smiles: str, in_rings: bool) -> Counter[str]:
    """Of a parent, which has many children."""
    mol = Chem.MolFromSmiles(smiles)
    return Counter() if mol is None else _count_all(mol, in_rings)


def _count_all(mol: Chem.Mol, in_rings: bool) -> Counter[str]:
    return count_flaws(mol) + count_links(mol, in_rings=in_rings)
