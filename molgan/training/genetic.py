"""Genetic moves on motif trees: what they make is a valid molecule by construction.

A cut bond is single and acyclic, and a site has as many places as it has hydrogens, so that any subtree may bind
wherever one hangs or a hydrogen is left. Parents come rooted at a random atom: what hangs below a bond may then be
either side of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from rdkit import Chem

from molgan.chem.motifs import Motif, cut
from molgan.chem.templates import size, template

Path = tuple[int, ...]  # the child to take at each level


def rerooted(mol: Chem.Mol, rng: np.random.Generator) -> Motif:
    """A molecule's tree, rooted at a random atom."""
    return cut(mol, root=int(rng.integers(mol.GetNumAtoms())))


def crossover(tree: Motif, donor: Motif, rng: np.random.Generator, *, max_atoms: int) -> Motif | None:
    """`tree` with a subtree of `donor` in place of one of its own or of a hydrogen; None where nothing fits.

    Jensen 2019 crosses molecules at acyclic bonds by reactions on graphs; here the bonds are those of the trees.
    """
    places = [*_bonds(tree), *_vacancies(tree)]
    graft = _pick([donor, *(below for _, below in nodes(donor) if _)], rng)
    if not places or not template(graft.smiles).capacity[0] or (graft is donor and not _root_is_free(donor)):
        return None
    path, site = places[int(rng.integers(len(places)))]
    child = _put(tree, path, graft) if site is None else _bind(tree, path, site, graft)
    return child if atoms(child) <= max_atoms else None


def edited(tree: Motif, motifs: Sequence[str], rng: np.random.Generator, *, max_atoms: int) -> Motif | None:
    """`tree` with one small change: a motif exchanged for one of `motifs`, added, put in between, or taken out.

    None where the change that was drawn is not possible there.
    """
    move = (_exchange, _exchange, _add, _insert, _take_out)[int(rng.integers(5))]
    path, node = _pick(list(nodes(tree)), rng)
    child = move(tree, path, node, motifs[int(rng.integers(len(motifs)))], rng)
    return child if child is not None and atoms(child) <= max_atoms else None


def atoms(tree: Motif) -> int:
    """Heavy atoms."""
    return size(tree.smiles) + sum(atoms(child) for _, child in tree.children)


def nodes(tree: Motif, path: Path = ()) -> Iterator[tuple[Path, Motif]]:
    """Every motif with its subtree, and the way there, the root first."""
    yield path, tree
    for i, (_, child) in enumerate(tree.children):
        yield from nodes(child, (*path, i))


def free(node: Motif, *, bound: bool) -> list[int]:
    """Hydrogens left at each site of a motif; `bound` if it hangs on a parent."""
    left = list(template(node.smiles).capacity)
    left[0] -= bound
    for site, _ in node.children:
        left[site] -= 1
    return left


def _exchange(tree: Motif, path: Path, node: Motif, smiles: str, rng: np.random.Generator) -> Motif | None:
    """Another motif with the same children, each at the site of before where that has room, else at a random one."""
    changed = Motif(smiles)
    left = free(changed, bound=bool(path))
    if smiles == node.smiles or left[0] < 0:
        return None
    for site, child in node.children:
        room = [i for i, n in enumerate(left) if n > 0]
        if not room:
            return None
        to = site if site in room and rng.random() < 0.5 else room[int(rng.integers(len(room)))]
        left[to] -= 1
        changed = _with_child(changed, to, child)
    return _put(tree, path, changed)


def _add(tree: Motif, path: Path, node: Motif, smiles: str, rng: np.random.Generator) -> Motif | None:
    room = [i for i, n in enumerate(free(node, bound=bool(path))) if n > 0]
    if not room or not template(smiles).capacity[0]:
        return None
    return _bind(tree, path, room[int(rng.integers(len(room)))], Motif(smiles))


def _insert(tree: Motif, path: Path, node: Motif, smiles: str, rng: np.random.Generator) -> Motif | None:
    """A motif between this one and its parent."""
    room = [i for i, n in enumerate(free(Motif(smiles), bound=True)) if n > 0]
    if not path or not room or not template(smiles).capacity[0]:
        return None
    return _put(tree, path, Motif(smiles, ((room[int(rng.integers(len(room)))], node),)))


def _take_out(tree: Motif, path: Path, node: Motif, smiles: str, rng: np.random.Generator) -> Motif | None:
    """Without this motif: its parent binds one of its children, and the others go with it."""
    if not path:
        return None
    below = [child for _, child in node.children]
    return _put(tree, path, _pick(below, rng) if below else None)


def _bonds(tree: Motif) -> list[tuple[Path, None]]:
    return [(path, None) for path, _ in nodes(tree) if path]


def _vacancies(tree: Motif) -> list[tuple[Path, int]]:
    return [(path, site) for path, node in nodes(tree) for site, n in enumerate(free(node, bound=bool(path))) if n > 0]


def _root_is_free(tree: Motif) -> bool:
    return free(tree, bound=True)[0] >= 0


def _put(tree: Motif, path: Path, new: Motif | None) -> Motif:
    """`tree` with `new` where `path` leads, or without what is there."""
    if not path:
        assert new is not None  # the root stays
        return new
    children = list(tree.children)
    site, child = children.pop(path[0])
    if new is not None or path[1:]:
        children.append((site, _put(child, path[1:], new)))
    return tree._replace(children=tuple(sorted(children)))


def _bind(tree: Motif, path: Path, site: int, new: Motif) -> Motif:
    """`tree` with `new` at a site of the motif where `path` leads."""
    if not path:
        return _with_child(tree, site, new)
    children = list(tree.children)
    at, child = children.pop(path[0])
    children.append((at, _bind(child, path[1:], site, new)))
    return tree._replace(children=tuple(sorted(children)))


def _with_child(node: Motif, site: int, child: Motif) -> Motif:
    return node._replace(children=tuple(sorted([*node.children, (site, child)])))


def _pick(items: Sequence, rng: np.random.Generator):  # type: ignore[no-untyped-def,type-arg]
    return items[int(rng.integers(len(items)))]
