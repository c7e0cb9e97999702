"""Cut a molecule into a tree of motifs, and write a tree of motifs as SMILES.

Every acyclic single bond between heavy atoms is cut, unless both its atoms are charged (nitro groups and N-oxides
stay whole). What stays connected is a motif: a ring system with its exocyclic double bonds, a multiply bonded group,
or a single atom. The bonds that were cut form a tree. A motif is written as its SMILES *rooted at the atom that binds
to the parent*; a site is an atom's position in that SMILES, and a site's capacity is its number of hydrogens.
The tree-of-motifs idea follows junction trees (Jin et al. 2018); the cut and the rooted vocabulary are molgan's own.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from rdkit import Chem

_TOKEN = re.compile(r"(\[[^\]]+\]|Br|Cl|[BCNOPSFIbcnops])|([-=#:]?(?:%\d\d|\d))|([-=#:()])")
_BRACKET = re.compile(r"\[(\d*[A-Za-z][a-z]?)(?:H(\d*))?([+-]\d*)?\]")
_MOST_SYMMETRIES = 256


class Motif(NamedTuple):
    """A node of a motif tree: the motif's rooted SMILES and its children as (site, motif), in ascending order.

    Tuples compare lexicographically, which is the order that makes the encoding canonical.
    """

    smiles: str
    children: tuple[tuple[int, Motif], ...] = ()


class Template(NamedTuple):
    """What is known of a rooted motif SMILES: one entry an atom, in the order of the SMILES."""

    prefixes: tuple[str, ...]  # what stands before the atom: bonds and parentheses
    symbols: tuple[tuple[str, ...], ...]  # the atom as written once 0, 1, … of its hydrogens were replaced
    rings: tuple[tuple[tuple[str, int], ...], ...]  # ring closures behind the atom: bond symbol and number
    suffix: str
    capacity: tuple[int, ...]  # hydrogens
    aromatic: tuple[bool, ...]
    most_rings: int  # the highest ring-closure number in use


def cut(mol: Chem.Mol, root: int | None = None) -> Motif:
    """The motif tree of a connected molecule; stereo is not represented.

    `root` is the atom where the tree starts. By default it is a terminal atom of the lowest canonical rank (any atom
    when there is none), and among the encodings that symmetry makes equal the smallest is taken, so that a molecule
    has one tree. A random `root` gives another tree of the same molecule.
    """
    across = _cut_bonds(mol)
    pieces = _Pieces(mol, across)
    start = _canonical_root(mol) if root is None else root
    return _grow(pieces, across, start, parent=-1)


def write(motif: Motif) -> str:
    """The SMILES of a motif tree (valid, not canonical)."""
    parts: list[str] = []
    _write(motif, parts, open_rings=0, bound=False)
    return "".join(parts)


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
        symbols=tuple(_without_hydrogens(text, free) for text, free in zip(texts, capacity, strict=True)),
        rings=tuple(tuple(r) for r in rings),
        suffix=pending,
        capacity=capacity,
        aromatic=tuple(text.strip("[")[0].islower() for text in texts),
        most_rings=max((number for r in rings for _, number in r), default=0),
    )


def parents(smiles: str) -> list[int]:
    """For each atom of a SMILES the atom it was written behind, -1 for the first."""
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


def _without_hydrogens(text: str, capacity: int) -> tuple[str, ...]:
    """An atom's text after it lost 0 to `capacity` hydrogens; outside brackets SMILES keeps the count itself."""
    match = _BRACKET.fullmatch(text)
    if match is None:
        return (text,) * (capacity + 1)
    symbol, charge = match[1], match[3] or ""
    hydrogens = {0: "", 1: "H"}
    return tuple(f"[{symbol}{hydrogens.get(left, f'H{left}')}{charge}]" for left in range(capacity, -1, -1))


@lru_cache(maxsize=100_000)
def _symmetries(smiles: str) -> tuple[tuple[int, ...], ...]:
    """Permutations of a rooted motif's atoms that leave it as it is, its root included (other than the identity)."""
    if len(template(smiles).capacity) < 3:
        return ()
    mol = Chem.MolFromSmiles(smiles)
    capacity = template(smiles).capacity
    identity = tuple(range(len(capacity)))
    found = mol.GetSubstructMatches(mol, uniquify=False, maxMatches=_MOST_SYMMETRIES)
    return tuple(
        p for p in found if p[0] == 0 and p != identity and all(capacity[i] == capacity[j] for i, j in enumerate(p))
    )


def _cut_bonds(mol: Chem.Mol) -> dict[int, list[int]]:
    """For each atom that loses a bond: the atoms that were bound to it."""
    across: dict[int, list[int]] = {}
    for bond in mol.GetBonds():
        if bond.GetBondType() != Chem.BondType.SINGLE or bond.IsInRing():
            continue
        begin, end = bond.GetBeginAtom(), bond.GetEndAtom()
        if begin.GetFormalCharge() and end.GetFormalCharge():
            continue
        i, j = begin.GetIdx(), end.GetIdx()
        across.setdefault(i, []).append(j)
        across.setdefault(j, []).append(i)
    return across


def _canonical_root(mol: Chem.Mol) -> int:
    ranks = list(Chem.CanonicalRankAtoms(mol, breakTies=False))
    terminal = [a.GetIdx() for a in mol.GetAtoms() if a.GetDegree() == 1] or range(mol.GetNumAtoms())
    return min(terminal, key=ranks.__getitem__)


@lru_cache(maxsize=10_000)
def _single_atom(symbol: str, charge: int, hydrogens: int) -> str:
    mol = Chem.RWMol()
    atom = Chem.Atom(symbol)
    atom.SetFormalCharge(charge)
    atom.SetNumExplicitHs(hydrogens)
    atom.SetNoImplicit(True)
    mol.AddAtom(atom)
    mol.UpdatePropertyCache(strict=False)
    return str(Chem.MolToSmiles(mol))


def _write_rooted(mol: Chem.Mol, root: int) -> tuple[str, list[int]]:
    """The canonical SMILES that starts at an atom, and the atoms in the order written."""
    smiles = Chem.MolToSmiles(mol, rootedAtAtom=root)
    return smiles, [int(i) for i in mol.GetProp("_smilesAtomOutputOrder").strip("[],").split(",")]


@lru_cache(maxsize=100_000)
def _canonical_spelling(smiles: str) -> tuple[str, tuple[int, ...]]:
    """One spelling for all that RDKit gives a rooted motif, and the atoms of `smiles` in the order of that spelling.

    RDKit breaks ties between equal atoms before it looks at the root, so that cages such as adamantane come out in
    several spellings. A label on the root makes the order canonical; from there RDKit's answer is always the same.
    """
    mol = Chem.MolFromSmiles(smiles)
    if mol is None or mol.GetNumAtoms() < 4:
        return smiles, tuple(range(len(template(smiles).capacity)))
    mol.GetAtomWithIdx(0).SetAtomMapNum(1)
    _, order = _write_rooted(mol, 0)
    mol.GetAtomWithIdx(0).SetAtomMapNum(0)
    spelling, inner = _write_rooted(Chem.RenumberAtoms(mol, order), 0)
    return spelling, tuple(order[i] for i in inner)


class _Pieces:
    """The motifs of one molecule, each written on demand with any of its atoms as root."""

    def __init__(self, mol: Chem.Mol, across: dict[int, list[int]]):
        self.mol = mol
        self.across = across
        opened = Chem.RWMol(mol)
        for i, others in across.items():
            atom = opened.GetAtomWithIdx(i)
            # Written out, since an aromatic nitrogen or a hypervalent sulfur has no implicit hydrogens to lose.
            atom.SetNumExplicitHs(mol.GetAtomWithIdx(i).GetTotalNumHs() + len(others))
            atom.SetNoImplicit(True)
            for j in others:
                if i < j:
                    opened.RemoveBond(i, j)
        opened.UpdatePropertyCache(strict=False)
        atoms: list[tuple[int, ...]] = []
        self.mols = Chem.GetMolFrags(opened, asMols=True, sanitizeFrags=False, fragsMolAtomMapping=atoms)
        self.atoms = atoms
        self.piece = {i: k for k, members in enumerate(atoms) for i in members}

    def rooted(self, root: int) -> tuple[str, list[int]]:
        """The SMILES of the motif of atom `root`, rooted there, and its atoms in the order written."""
        k = self.piece[root]
        members = self.atoms[k]
        if len(members) == 1:
            atom = self.mol.GetAtomWithIdx(root)
            hydrogens = atom.GetTotalNumHs() + len(self.across.get(root, ()))
            return _single_atom(atom.GetSymbol(), atom.GetFormalCharge(), hydrogens), [root]
        piece = self.mols[k]
        smiles, order = _write_rooted(piece, members.index(root))
        smiles, spelling = _canonical_spelling(smiles)
        return smiles, [members[order[i]] for i in spelling]


def _grow(pieces: _Pieces, across: dict[int, list[int]], root: int, parent: int) -> Motif:
    smiles, order = pieces.rooted(root)
    children = [
        (site, _grow(pieces, across, other, parent=atom))
        for site, atom in enumerate(order)
        for other in across.get(atom, ())
        if other != parent or atom != root
    ]
    children.sort()
    if not children or len(order) < 3:
        return Motif(smiles, tuple(children))
    equal = [sorted((p[site], child) for site, child in children) for p in _symmetries(smiles)]
    return Motif(smiles, tuple(min([children, *equal])))


def _write(motif: Motif, parts: list[str], open_rings: int, bound: bool) -> None:
    shape = template(motif.smiles)
    children = motif.children
    lost = [0] * len(shape.capacity)
    lost[0] = int(bound)
    for site, _ in children:
        lost[site] += 1
    inner = open_rings + shape.most_rings
    position = 0
    for i, prefix in enumerate(shape.prefixes):
        parts.append(prefix)
        parts.append(shape.symbols[i][lost[i]])
        for bond, number in shape.rings[i]:
            parts.append(bond + _ring_number(number + open_rings))
        while position < len(children) and children[position][0] == i:
            child = children[position][1]
            position += 1
            branch = i + 1 < len(shape.prefixes) or position < len(children)
            bond = "-" if shape.aromatic[i] and template(child.smiles).aromatic[0] else ""
            parts.append("(" + bond if branch else bond)
            _write(child, parts, inner, bound=True)
            if branch:
                parts.append(")")
    parts.append(shape.suffix)


def _ring_number(number: int) -> str:
    return str(number) if number < 10 else f"%{number}" if number < 100 else f"%({number})"
