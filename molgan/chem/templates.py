"""A motif parsed from its rooted SMILES: its atoms as written, its sites and their hydrogens."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from rdkit import Chem

_TOKEN = re.compile(r"(\[[^\]]+\]|Br|Cl|[BCNOPSFIbcnops*])|([-=#:]?(?:%\d\d|\d))|([-=#:()])")
_BRACKET = re.compile(r"\[(\d*[A-Za-z][a-z]?)(?:H(\d*))?([+-]\d*)?\]")


class Template(NamedTuple):
    """The parts of a rooted motif SMILES: one entry per atom, in the order of the SMILES."""

    prefixes: tuple[str, ...]  # bonds and parentheses before the atom
    symbols: tuple[tuple[str, ...], ...]  # the atom as written once 0, 1, … of its hydrogens were replaced
    rings: tuple[tuple[tuple[str, int], ...], ...]  # ring closures behind the atom: bond symbol and number
    suffix: str
    capacity: tuple[int, ...]  # hydrogens
    aromatic: tuple[bool, ...]
    most_rings: int  # the highest ring-closure number in use


def size(smiles: str) -> int:
    """Heavy atoms of a motif."""
    return len(template(smiles).capacity)


@lru_cache(maxsize=100_000)
def template(smiles: str) -> Template:
    """The parsed form of a rooted motif SMILES. Raises ValueError where RDKit refuses the SMILES."""
    mol = Chem.MolFromSmiles(smiles)
    if mol is None:
        raise ValueError(f"motif {smiles} is not a molecule")
    prefixes: list[str] = []
    texts: list[str] = []
    rings: list[list[tuple[str, int]]] = []
    pending = ""
    for atom, ring, other in _TOKEN.findall(smiles):
        if atom:
            prefixes.append(pending)
            texts.append(atom)
            rings.append([])
            pending = ""
        elif ring:
            bond, digits = (ring[0], ring[1:]) if ring[0] in "-=#:" else ("", ring)
            rings[-1].append((bond, int(digits.lstrip("%"))))
        else:
            pending += other
    capacity = tuple(atom.GetTotalNumHs() for atom in mol.GetAtoms())
    return Template(
        prefixes=tuple(prefixes),
        symbols=tuple(_remove_hydrogens(text, free) for text, free in zip(texts, capacity, strict=True)),
        rings=tuple(tuple(r) for r in rings),
        suffix=pending,
        capacity=capacity,
        aromatic=tuple(text.strip("[")[0].islower() for text in texts),
        most_rings=max((number for r in rings for _, number in r), default=0),
    )


def parents(smiles: str) -> list[int]:
    """The parent of each atom in the spanning tree of a SMILES, -1 for the first atom."""
    found: list[int] = []
    branch: list[int] = []
    last = -1
    for atom, ring, other in _TOKEN.findall(smiles):
        if atom:
            found.append(last)
            last = len(found) - 1
        elif not ring and other == "(":
            branch.append(last)
        elif not ring and other == ")":
            last = branch.pop()
    return found


def _remove_hydrogens(text: str, capacity: int) -> tuple[str, ...]:
    """An atom's text after it lost 0 to `capacity` hydrogens; outside brackets SMILES keeps the count itself."""
    match = _BRACKET.fullmatch(text)
    if match is None:
        return (text,) * (capacity + 1)
    symbol, charge = match[1], match[3] or ""
    hydrogens = {0: "", 1: "H"}
    return tuple(f"[{symbol}{hydrogens.get(left, f'H{left}')}{charge}]" for left in range(capacity, -1, -1))
