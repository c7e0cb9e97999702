"""Motif trees as sequences of actions, and back.

An action adds a motif, chooses the site of the next one, or ends the motif on top of the stack. A motif outside the
vocabulary is spelled: an escape action, its atoms and bonds in Kekulé form, a closing action. Stereo marks come right
behind a motif, each with its site. Trees are walked depth first. A site is omitted where the motif has one atom; an end
is omitted where the motif has no hydrogen left to replace at this site or behind it. Actions are numbered structural
ones first, so that motifs can be appended.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from rdkit import Chem

from molgan.base.errors import WeightsError
from molgan.chem.motifs import Motif
from molgan.chem.stereo import MARKS
from molgan.chem.templates import parents, template

FREE = -2  # stands for a subtree: any may grow here
HOLE = Motif("*")  # the same in a tree
WRITTEN_HOLE = Motif("[*H]")  # a hole for RDKit, with the hydrogen that it hangs by
END, SPELL, CLOSE, BACK = range(4)
FIRST_BOND = 4  # then the bond orders 1, 2, 3
FIRST_MARK = 7  # then the stereo marks
FIRST_ATOM = FIRST_MARK + MARKS
MOST_SITES = 48  # atoms of the largest motif


class SpelledAtom(NamedTuple):
    """An atom of a spelled motif: element, formal charge, and the valence that its bonds and hydrogens fill."""

    symbol: str
    charge: int
    valence: int


# Fixed for all weights: an atom added later would move every action behind it.
ALPHABET = tuple(
    SpelledAtom(*entry)
    for entry in [
        ("B", 0, 3), ("B", -1, 4), ("C", 0, 4), ("C", -1, 3), ("C", 1, 3), ("N", 0, 3), ("N", 1, 4), ("N", -1, 2),
        ("O", 0, 2), ("O", -1, 1), ("O", 1, 3), ("F", 0, 1), ("Si", 0, 4), ("P", 0, 3), ("P", 0, 5), ("P", 1, 4),
        ("S", 0, 2), ("S", 0, 4), ("S", 0, 6), ("S", 1, 3), ("S", -1, 1), ("Cl", 0, 1), ("Br", 0, 1), ("I", 0, 1),
        ("Se", 0, 4), ("As", 0, 3), ("Se", 0, 2), ("Cl", -1, 0), ("Br", -1, 0), ("I", -1, 0), ("As", 0, 5), ("S", 1, 5),
    ]
)  # fmt: skip
FIRST_SITE = FIRST_ATOM + len(ALPHABET)
FIRST_MOTIF = FIRST_SITE + MOST_SITES
_ATOM_ACTION = {atom: FIRST_ATOM + i for i, atom in enumerate(ALPHABET)}
_BOND_TEXT = {1: "", 2: "=", 3: "#"}


class NotEncodable(ValueError):
    """A molecule that the actions cannot express; the message is the reason."""


@dataclass(frozen=True)
class Vocabulary:
    """The motifs that have an action of their own, most frequent first; `stereo` says whether marks are allowed."""

    motifs: tuple[str, ...]
    stereo: bool = False

    @cached_property
    def index(self) -> dict[str, int]:
        return {smiles: FIRST_MOTIF + i for i, smiles in enumerate(self.motifs)}

    def __len__(self) -> int:
        """Number of actions."""
        return FIRST_MOTIF + len(self.motifs)

    def description(self) -> dict[str, Any]:
        """The vocabulary as JSON values."""
        return {
            "alphabet": ALPHABET,
            "marks": MARKS,
            "sites": MOST_SITES,
            "motifs": self.motifs,
            "stereo": self.stereo,
        }

    @classmethod
    def from_description(cls, content: Mapping[str, Any]) -> Vocabulary:
        """The vocabulary of `description`. Raises WeightsError for invalid content, or another alphabet."""
        try:
            known = [tuple(entry) for entry in content["alphabet"]] == [tuple(atom) for atom in ALPHABET]
            known &= (content["marks"], content["sites"]) == (MARKS, MOST_SITES)
            motifs, stereo = tuple(content["motifs"]), bool(content["stereo"])
            if isinstance(content["motifs"], str) or not all(isinstance(each, str) and each for each in motifs):
                raise TypeError("motifs are a list of SMILES")
            if len(set(motifs)) < len(motifs):
                raise TypeError("a motif is there twice")
        except (KeyError, TypeError) as error:
            raise WeightsError(f"not a motif vocabulary: {error}") from error
        if not known:
            raise WeightsError("the vocabulary has another alphabet; train again with this version of molgan")
        return cls(motifs, stereo)

    def to_json(self) -> str:
        return json.dumps(self.description(), indent=0)

    @classmethod
    def from_json(cls, text: str) -> Vocabulary:
        """As `from_description`."""
        try:
            return cls.from_description(json.loads(text))
        except ValueError as error:
            raise WeightsError(f"not a motif vocabulary: {error}") from error

    @classmethod
    def load(cls, path: Path) -> Vocabulary:
        return cls.from_json(path.read_text())


def encode(tree: Motif, vocabulary: Vocabulary) -> list[int]:
    """The actions of a motif tree, FREE for a hole in it. Raises NotEncodable with the reason."""
    return encode_with(tree, vocabulary.index.get)


def encode_with(tree: Motif, action_of: Callable[[str], int | None]) -> list[int]:
    """As `encode`; `action_of` gives a motif's action, None to have it spelled."""
    actions: list[int] = []
    _encode(tree, action_of, actions, bound=False)
    return actions


def decode(actions: Sequence[int], vocabulary: Vocabulary) -> Motif:
    """The motif tree of a sequence of actions that ends where the tree is complete; the rest is ignored.

    Raises NotEncodable where the sequence is not a complete tree.
    """
    reader = _Reader(actions, vocabulary)
    tree = reader.read_motif(bound=False)
    return tree


def coverage(trees: Iterable[Motif], vocabulary: Vocabulary) -> float:
    """The share of molecules whose motifs all have an action of their own (the others are spelled)."""
    covered = [_is_covered(tree, vocabulary.index) for tree in trees]
    return sum(covered) / len(covered) if covered else float("nan")


def _is_covered(tree: Motif, index: dict[str, int]) -> bool:
    return tree.smiles in index and all(_is_covered(child, index) for _, child in tree.children)


def _encode(tree: Motif, action_of: Callable[[str], int | None], actions: list[int], bound: bool) -> None:
    if tree == HOLE:
        actions.append(FREE)
        return
    action = action_of(tree.smiles)
    if action is None:
        actions.extend(spell(tree.smiles))
    else:
        actions.append(action)
    free = list(template(tree.smiles).capacity)
    free[0] -= bound
    if tree.marks and not any(free):
        raise NotEncodable("stereo inside a motif without hydrogens")
    for site, mark in tree.marks:
        actions.append(FIRST_MARK + mark)
        if len(free) > 1:
            actions.append(FIRST_SITE + site)
    last = 0
    for site, child in tree.children:
        if len(free) > 1:
            actions.append(FIRST_SITE + site)
        _encode(child, action_of, actions, bound=True)
        free[site] -= 1
        last = site
    if any(free[last:]):
        actions.append(END)


def spell(smiles: str) -> list[int]:
    """The actions that spell a rooted motif, the escape and the closing action included.

    Atoms come in the order of the SMILES, so that sites mean the same atoms. Raises NotEncodable.
    """
    mol = Chem.MolFromSmiles(smiles)
    if mol.GetNumAtoms() > MOST_SITES:
        raise NotEncodable(f"motif of {mol.GetNumAtoms()} atoms, at most {MOST_SITES}")
    Chem.Kekulize(mol, clearAromaticFlags=True)
    above = parents(smiles)
    actions = [SPELL]
    here = -1
    for atom in mol.GetAtoms():
        i = atom.GetIdx()
        while here != above[i]:
            actions.append(BACK)
            here = above[here]
        if i:
            actions.append(_bond_action(mol, i, above[i]))
        actions.append(_atom_action(atom))
        here = i
        for j in sorted(n.GetIdx() for n in atom.GetNeighbors() if n.GetIdx() < i and n.GetIdx() != above[i]):
            actions += [_bond_action(mol, i, j), FIRST_SITE + j]
    actions.append(CLOSE)
    return actions


def _bond_action(mol: Chem.Mol, i: int, j: int) -> int:
    order = mol.GetBondBetweenAtoms(i, j).GetBondTypeAsDouble()
    if order not in (1.0, 2.0, 3.0):
        raise NotEncodable(f"bond of order {order}")
    return FIRST_BOND - 1 + int(order)


def _atom_action(atom: Chem.Atom) -> int:
    valence = int(sum(b.GetBondTypeAsDouble() for b in atom.GetBonds())) + atom.GetTotalNumHs()
    kind = SpelledAtom(atom.GetSymbol(), atom.GetFormalCharge(), valence)
    if kind not in _ATOM_ACTION or atom.GetIsotope() or atom.GetNumRadicalElectrons():
        raise NotEncodable(f"atom {kind.symbol} with charge {kind.charge} and valence {kind.valence}")
    return _ATOM_ACTION[kind]


class _Reader:
    """Reads a tree from actions; one pass, depth first."""

    def __init__(self, actions: Sequence[int], vocabulary: Vocabulary):
        self.actions = iter(actions)
        self.motifs = vocabulary.motifs

    def next(self) -> int:
        action = next(self.actions, None)
        if action is None:
            raise NotEncodable("the actions end before the molecule does")
        return int(action)

    def read_motif(self, bound: bool, action: int | None = None) -> Motif:
        action = self.next() if action is None else action
        if action == SPELL:
            smiles = self.read_spelled()
        elif action >= FIRST_MOTIF:
            smiles = self.motifs[action - FIRST_MOTIF]
        else:
            raise NotEncodable(f"action {action} where a motif is due")
        free = list(template(smiles).capacity)
        free[0] -= bound
        single = len(free) == 1
        site = 0
        children: list[tuple[int, Motif]] = []
        marks: list[tuple[int, int]] = []
        while any(free[site:]):
            action = self.next()
            if action == END:
                break
            if FIRST_MARK <= action < FIRST_ATOM:
                marks.append((0 if single else self.next() - FIRST_SITE, action - FIRST_MARK))
                continue
            if not single:
                site = action - FIRST_SITE
                if not 0 <= site < len(free):
                    raise NotEncodable(f"action {action} where a site or an end is due")
            free[site] -= 1
            children.append((site, self.read_motif(bound=True, action=action if single else None)))
        return Motif(smiles, tuple(children), tuple(marks))

    def read_spelled(self) -> str:
        atoms: list[SpelledAtom] = []
        free: list[int] = []
        tree: list[list[tuple[int, int]]] = []  # children of each atom: (bond order, atom)
        above: list[int] = []
        rings: list[list[str]] = []
        here, order, closures = -1, 0, 0
        while (action := self.next()) != CLOSE:
            if action == BACK:
                here = above[here]
            elif FIRST_BOND <= action < FIRST_ATOM:
                order = action - FIRST_BOND + 1
            elif FIRST_ATOM <= action < FIRST_SITE:
                atom = ALPHABET[action - FIRST_ATOM]
                if atoms:
                    free[here] -= order
                    tree[here].append((order, len(atoms)))
                above.append(here)
                atoms.append(atom)
                free.append(atom.valence - (order if len(atoms) > 1 else 0))
                tree.append([])
                rings.append([])
                here = len(atoms) - 1
            elif FIRST_SITE <= action < FIRST_MOTIF:
                other = action - FIRST_SITE
                closures += 1
                number = f"{closures}" if closures < 10 else f"%{closures}"
                rings[other].append(_BOND_TEXT[order] + number)
                rings[here].append(number)
                free[here] -= order
                free[other] -= order
            else:
                raise NotEncodable(f"action {action} inside a spelled motif")
        symbols = [_write_bracket(atom, left) for atom, left in zip(atoms, free, strict=True)]
        return _write_spelled(0, symbols, tree, rings)


def _write_bracket(atom: SpelledAtom, hydrogens: int) -> str:
    h = {0: "", 1: "H"}.get(hydrogens, f"H{hydrogens}")
    charge = {0: "", 1: "+", -1: "-"}[atom.charge]
    return f"[{atom.symbol}{h}{charge}]"


def _write_spelled(i: int, symbols: list[str], tree: list[list[tuple[int, int]]], rings: list[list[str]]) -> str:
    branches = [_BOND_TEXT[order] + _write_spelled(j, symbols, tree, rings) for order, j in tree[i]]
    inner = [f"({branch})" for branch in branches[:-1]] + branches[-1:]
    return symbols[i] + "".join(rings[i]) + "".join(inner)
