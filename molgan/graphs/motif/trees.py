"""Motif trees as such: their motifs, the places where a subtree may bind, and trees with a subtree more or another one.

A cut bond is single and acyclic, and a site has as many places as it has hydrogens, so that any subtree may bind
wherever a subtree hangs or a hydrogen is left. A `bound` tree hangs on something itself, as a tree that grows on a core
does: its root then has a hydrogen less.
"""

from __future__ import annotations

from collections.abc import Iterator

from molgan.chem.motifs import Motif
from molgan.chem.templates import size, template

TreePath = tuple[int, ...]  # the child to take at each level


def atoms(tree: Motif) -> int:
    """The number of heavy atoms of a tree; a hole counts as one."""
    return size(tree.smiles) + sum(atoms(child) for _, child in tree.children)


def nodes(tree: Motif, path: TreePath = ()) -> Iterator[tuple[TreePath, Motif]]:
    """The path to every motif, and its subtree, the root first."""
    yield path, tree
    for i, (_, child) in enumerate(tree.children):
        yield from nodes(child, (*path, i))


def vacancies(tree: Motif, *, bound: bool = False) -> list[tuple[TreePath, int]]:
    """The places where a hydrogen is left: the path to the motif, and the site."""
    return [(path, site) for path, node in nodes(tree) for site in open_sites(node, bool(path) or bound)]


def bind(tree: Motif, path: TreePath, site: int, new: Motif) -> Motif:
    """`tree` with `new` at a site of the motif where `path` leads."""
    if not path:
        return add_child(tree, site, new)
    children = list(tree.children)
    at, child = children.pop(path[0])
    children.append((at, bind(child, path[1:], site, new)))
    return tree._replace(children=tuple(sorted(children)))


def can_bind(tree: Motif) -> bool:
    """Whether a tree's root has a hydrogen to hang by."""
    return template(tree.smiles).capacity[0] > sum(site == 0 for site, _ in tree.children)


def open_sites(node: Motif, hangs: bool) -> list[int]:
    """The sites of a motif where a hydrogen is left."""
    left = list(template(node.smiles).capacity)
    left[0] -= hangs
    for site, _ in node.children:
        left[site] -= 1
    return [site for site, n in enumerate(left) if n > 0]


def put(tree: Motif, path: TreePath, new: Motif | None) -> Motif:
    """`tree` with `new` where `path` leads, or without what is there."""
    if not path:
        assert new is not None  # a tree has a root
        return new
    children = list(tree.children)
    site, child = children.pop(path[0])
    if new is not None or path[1:]:
        children.append((site, put(child, path[1:], new)))
    return tree._replace(children=tuple(sorted(children)))


def add_child(node: Motif, site: int, child: Motif) -> Motif:
    return node._replace(children=tuple(sorted([*node.children, (site, child)])))


def replace_leaves(tree: Motif, old: Motif, new: Motif) -> Motif:
    """`tree` with another leaf in place of each `old` one."""
    if tree == old:
        return new
    return tree._replace(
        children=tuple(sorted((site, replace_leaves(child, old, new)) for site, child in tree.children))
    )
