"""The atoms of a molecule and their surroundings as numbers: equal numbers mean equal surroundings.

Much of what is computed on a molecule depends, atom by atom, on an atom and its neighbours only, and the same few
thousand surroundings come back in all molecules. So RDKit computes each of them once, and afterwards a look-up is
enough. The graph is read from the canonical SMILES, which takes a fraction of the time of asking RDKit for each atom
and bond.
"""

import re
from collections.abc import Hashable
from dataclasses import dataclass
from functools import cached_property
from typing import Generic, TypeVar

from rdkit import Chem

SINGLE, DOUBLE, TRIPLE, AROMATIC, RING = 0, 1, 2, 3, 4
"""A bond's kind is its order, plus RING when it is in a ring."""

_TOKEN = re.compile(r"\[[^\]]+\]|Br|Cl|%\(\d+\)|%\d\d|.")
# Hydrogens as atoms, and bonds that are none of the four kinds.
_UNUSUAL = re.compile(r"\[\d*H[\]+\-:]|[~$<>]")
_ATOM, _OPEN, _CLOSE, _CLOSURE, _DOT, _BOND = range(6)
# A bond's order by its symbol or, when none is written, by whether both its atoms are aromatic.
_ORDERS = {
    "-": SINGLE,
    "/": SINGLE,
    "\\": SINGLE,
    "=": DOUBLE,
    "#": TRIPLE,
    ":": AROMATIC,
    True: AROMATIC,
    False: SINGLE,
}
# A sum of these weights encodes the number of bonds of each kind.
_WEIGHTS = [1 << (8 * kind) for kind in range(8)]
_MOST_CYCLES = 8
_REMEMBERED = 300_000

Key = TypeVar("Key", bound=Hashable)


class Numbering(dict[Key, int], Generic[Key]):
    """Numbers keys in the order of their first use. It forgets all when it is full, and never gives a number twice."""

    _given = 0

    def __missing__(self, key: Key) -> int:
        if len(self) >= _REMEMBERED:
            self.clear()
        self[key] = number = self._given
        self._given += 1
        return number


class _Kinds(dict[str, int]):
    """The kind of a token."""

    def __missing__(self, token: str) -> int:
        first = token[0]
        if first.isalpha() or first in "[*":
            kind = _ATOM
        elif first.isdigit() or first == "%":
            kind = _CLOSURE
        else:
            kind = {"(": _OPEN, ")": _CLOSE, ".": _DOT}.get(first, _BOND)
        self[token] = kind
        return kind


class _Aromatic(dict[str, bool]):
    """Whether a token is an aromatic atom."""

    def __missing__(self, token: str) -> bool:
        self[token] = aromatic = token.lstrip("[0123456789")[0].islower()
        return aromatic


_kinds = _Kinds()
_aromatic = _Aromatic()
_types: Numbering[tuple[str, int]] = Numbering()
_environments: Numbering[tuple[int, ...]] = Numbering()


@dataclass
class Graph:
    """A molecule's atoms, in the order of its canonical SMILES.

    `tokens`: how they are written, stereo apart. `bonds`: pairs of atoms and their kind. `types`: numbers that stand
    for token and bonds, and so for element, charge, isotope, aromaticity, hydrogens, degree, valence and being in a
    ring. `environments`: numbers that stand for an atom's type, its bonds and its neighbours' types. `cycles`: a basis
    of the cycle space, each cycle as a bit set of bonds, bit k for `bonds[k]`.
    """

    mol: Chem.Mol
    smiles: str
    tokens: list[str]
    bonds: list[tuple[int, int, int]]
    types: list[int]
    environments: list[int]
    cycles: list[int]

    @classmethod
    def of(cls, smiles: str, mol: Chem.Mol) -> "Graph | None":
        """`smiles` is the canonical SMILES of `mol`. None when it has hydrogen atoms or unusual bonds."""
        if _UNUSUAL.search(smiles):
            return None
        tokens, tree, closures = _read(smiles.replace("@", ""))
        cycles, in_ring = _cycles(tree, closures)
        aromatic = [_aromatic[token] for token in tokens]
        bonds = [
            (i, j, _ORDERS[symbol or (aromatic[i] and aromatic[j])] + ring)
            for (i, j, symbol), ring in zip(tree + closures, in_ring, strict=True)
        ]
        return cls(mol, smiles, tokens, bonds, *_surroundings(tokens, bonds), cycles)

    @property
    def order(self) -> list[int]:
        """The index in `mol` of each atom. Raises ValueError when `smiles` is not the canonical SMILES of `mol`."""
        # Written again, since the property is that of the last SMILES written, and others use the molecule too.
        if Chem.MolToSmiles(self.mol) != self.smiles:
            raise ValueError(f"{self.smiles} is not the canonical SMILES of its molecule")
        return [int(index) for index in self.mol.GetProp("_smilesAtomOutputOrder").strip("[,]").split(",")]

    @property
    def neighbours(self) -> list[list[tuple[int, int]]]:
        """For each atom its neighbours, each with the kind of the bond."""
        neighbours: list[list[tuple[int, int]]] = [[] for _ in self.tokens]
        for i, j, kind in self.bonds:
            neighbours[i].append((j, kind))
            neighbours[j].append((i, kind))
        return neighbours

    @cached_property
    def cycle_space(self) -> list[int] | None:
        """All sums of cycles, the empty one first, as bit sets of bonds: every ring, whatever its size, is among them.
        None when there are too many."""
        if len(self.cycles) > _MOST_CYCLES:
            return None
        space = [0]
        for cycle in self.cycles:
            space += [other ^ cycle for other in space]
        return space

    @property
    def aromatic_bonds(self) -> int:
        """The aromatic bonds, as a bit set."""
        return sum([1 << k for k, (_, _, kind) in enumerate(self.bonds) if kind == AROMATIC + RING])


def _read(smiles: str) -> tuple[list[str], list[tuple[int, int, str]], list[tuple[int, int, str]]]:
    """The atoms' tokens, the bonds of the spanning tree (atom, earlier atom, symbol), and those that close rings."""
    tokens: list[str] = []
    tree: list[tuple[int, int, str]] = []
    closures: list[tuple[int, int, str]] = []
    branches: list[int] = []
    opened: dict[str, tuple[int, str]] = {}
    last, symbol = -1, ""
    for token in _TOKEN.findall(smiles):
        kind = _kinds[token]
        if kind == _ATOM:
            if last >= 0:
                tree.append((len(tokens), last, symbol))
            last, symbol = len(tokens), ""
            tokens.append(token)
        elif kind == _OPEN:
            branches.append(last)
        elif kind == _CLOSE:
            last = branches.pop()
        elif kind == _CLOSURE:
            if token in opened:
                other, before = opened.pop(token)
                closures.append((last, other, symbol or before))
            else:
                opened[token] = last, symbol
            symbol = ""
        elif kind == _BOND:
            symbol = token
        else:
            last = -1
    return tokens, tree, closures


def _cycles(tree: list[tuple[int, int, str]], closures: list[tuple[int, int, str]]) -> tuple[list[int], list[int]]:
    """The cycle that each closure makes with the tree, as a bit set of bonds, and for each bond RING or 0."""
    in_ring = [0] * len(tree) + [RING] * len(closures)
    if not closures:
        return [], in_ring
    up = {i: (k, j) for k, (i, j, _) in enumerate(tree)}
    cycles = []
    for k, (i, j, _) in enumerate(closures, start=len(tree)):
        cycle = 1 << k
        while i != j:
            if i < j:
                i, j = j, i
            bond, i = up[i]
            in_ring[bond] = RING
            cycle |= 1 << bond
        cycles.append(cycle)
    return cycles, in_ring


def _surroundings(tokens: list[str], bonds: list[tuple[int, int, int]]) -> tuple[list[int], list[int]]:
    """The numbers of the atoms' types and of their environments."""
    counts = [0] * len(tokens)
    for i, j, kind in bonds:
        weight = _WEIGHTS[kind]
        counts[i] += weight
        counts[j] += weight
    types = [_types[key] for key in zip(tokens, counts, strict=True)]
    around: list[list[int]] = [[] for _ in tokens]
    for i, j, kind in bonds:
        around[i].append(types[j] << 3 | kind)
        around[j].append(types[i] << 3 | kind)
    return types, [_environments[number, *sorted(others)] for number, others in zip(types, around, strict=True)]
