"""Cut a molecule into a tree of motifs, and write a tree of motifs as SMILES.

Every acyclic single bond between heavy atoms is cut, unless both its atoms are charged (nitro groups and N-oxides
stay whole). What stays connected is a motif: a ring system with its exocyclic double bonds, a multiply bonded group,
or a single atom. The bonds that were cut form a tree. A motif is written as its SMILES *rooted at the atom that binds
to the parent*; a site is an atom's position in that SMILES, and a site's capacity is its number of hydrogens.
Stereo is kept apart from the motifs, as marks on their atoms (`chem/stereo.py`).
The tree-of-motifs idea follows junction trees (Jin et al. 2018); the cut and the rooted vocabulary are molgan's own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from rdkit import Chem

from molgan.chem.stereo import has_stereo, read_marks, set_marks
from molgan.chem.templates import size, template

_MOST_SYMMETRIES = 256


class Motif(NamedTuple):
    """A node of a motif tree: the motif's rooted SMILES, its children as (site, motif) and its stereo as (site, mark).

    Both are in ascending order. Tuples compare lexicographically, which is the order that makes the encoding canonical.
    """

    smiles: str
    children: tuple[tuple[int, Motif], ...] = ()
    marks: tuple[tuple[int, int], ...] = ()


def cut(mol: Chem.Mol, root: int | None = None) -> Motif:
    """The motif tree of a connected molecule.

    `root` is the atom where the tree starts. By default it is a terminal atom of the lowest canonical rank (any atom
    when there is none), and among the encodings that symmetry makes equal the smallest is taken, so that a molecule
    has one tree. A random `root` gives another tree of the same molecule. Raises UnknownStereo where marks cannot
    express the molecule's stereo.
    """
    return cut_in_order(mol, root)[0]


def cut_in_order(mol: Chem.Mol, root: int | None = None) -> tuple[Motif, tuple[int, ...]]:
    """The tree of `cut`, and the molecule's atoms in the order in which the tree is written."""
    if not has_stereo(mol):
        return cut_flat(mol, root)
    # Atoms in canonical order, so that substituents that differ in stereo alone come in one order too.
    smiles = Chem.MolToSmiles(mol)
    given = _output_order(mol)
    root = None if root is None else given.index(root)
    mol = Chem.MolFromSmiles(smiles)
    flat = Chem.Mol(mol)
    Chem.RemoveStereochemistry(flat)
    # Read again, since a ring double bond's or an allene's stereo may linger in the order of atoms.
    reread = Chem.MolFromSmiles(Chem.MolToSmiles(flat))
    order = _output_order(flat)
    tree, atoms = cut_flat(reread, None if root is None else order.index(root))
    written = [order[i] for i in atoms]
    return _add_marks(tree, iter(written), read_marks(mol, written)), tuple(given[i] for i in written)


def write(motif: Motif) -> str:
    """The SMILES of a motif tree (valid, not canonical)."""
    writer = _Writer()
    writer.write(motif, open_rings=0, bound=False)
    smiles = "".join(writer.parts)
    return set_marks(smiles, writer.marks) if writer.marks else smiles


def write_bound(motif: Motif) -> str:
    """The SMILES of a motif tree whose root has given up a hydrogen for a bond, and begins the text; without stereo."""
    writer = _Writer()
    writer.write(motif, open_rings=0, bound=True)
    return "".join(writer.parts)


@lru_cache(maxsize=200_000)
def reroot(smiles: str, site: int) -> tuple[str, tuple[int, ...]]:
    """A motif rooted at another of its atoms, as `cut` writes it there, and its atoms (as numbered in `smiles`) in the
    order written."""
    mol = Chem.MolFromSmiles(smiles)
    if site == 0 or mol is None:
        return smiles, tuple(range(size(smiles)))
    rooted, order = _write_rooted(mol, site)
    spelling, inner = _canonical_spelling(rooted)
    return spelling, tuple(order[i] for i in inner)


@lru_cache(maxsize=100_000)
def list_symmetries(smiles: str) -> tuple[tuple[int, ...], ...]:
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
    """The neighbours across the cut bonds, for each atom that loses a bond."""
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
    return Chem.MolToSmiles(mol, rootedAtAtom=root), _output_order(mol)


def _output_order(mol: Chem.Mol) -> list[int]:
    """The atoms in the order in which the molecule was last written."""
    return [int(i) for i in mol.GetProp("_smilesAtomOutputOrder").strip("[],").split(",")]


@lru_cache(maxsize=100_000)
def _canonical_spelling(smiles: str) -> tuple[str, tuple[int, ...]]:
    """One SMILES for all that RDKit writes of a rooted motif, and the atoms of `smiles` in the order of that SMILES.

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

    def write_rooted(self, root: int) -> tuple[str, list[int]]:
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


def cut_flat(mol: Chem.Mol, root: int | None) -> tuple[Motif, tuple[int, ...]]:
    """The tree of a molecule without stereo, and the atoms in the order in which the tree is written."""
    across = _cut_bonds(mol)
    pieces = _Pieces(mol, across)
    start = _canonical_root(mol) if root is None else root
    return _grow(pieces, across, start, parent=-1)


_Child = tuple[int, Motif, tuple[int, ...]]
"""A child: the site that it is bound to, its tree, and its atoms in the order in which the tree is written."""


def _grow(pieces: _Pieces, across: dict[int, list[int]], root: int, parent: int) -> tuple[Motif, tuple[int, ...]]:
    smiles, order = pieces.write_rooted(root)
    children = [
        (site, *_grow(pieces, across, other, parent=atom))
        for site, atom in enumerate(order)
        for other in across.get(atom, ())
        if other != parent or atom != root
    ]
    children.sort()
    if not children:
        return Motif(smiles), tuple(order)
    if len(order) >= 3 and (symmetries := list_symmetries(smiles)):
        moved = [(sorted((p[site], tree, atoms) for site, tree, atoms in children), p) for p in symmetries]
        whole: list[tuple[list[_Child], Sequence[int]]] = [(children, range(len(order))), *moved]
        # By sites and motifs alone: the numbers of atoms would let the order of the input decide.
        best, p = min(whole, key=lambda candidate: [child[:2] for child in candidate[0]])
        children, order = best, [atom for _, atom in sorted(zip(p, order, strict=True))]
    below: dict[int, tuple[int, ...]] = {}
    for site, _, atoms in children:
        below[site] = below.get(site, ()) + atoms
    written = tuple(i for site, atom in enumerate(order) for i in (atom, *below.get(site, ())))
    return Motif(smiles, tuple((site, child) for site, child, _ in children)), written


def _add_marks(tree: Motif, atoms: Iterator[int], marks: Mapping[int, int]) -> Motif:
    """The tree with the marks of the atoms, which come in the order in which the tree is written."""
    own: list[tuple[int, int]] = []
    children: list[tuple[int, Motif]] = []
    position = 0
    for site in range(size(tree.smiles)):
        atom = next(atoms)
        if atom in marks:
            own.append((site, marks[atom]))
        while position < len(tree.children) and tree.children[position][0] == site:
            children.append((site, _add_marks(tree.children[position][1], atoms, marks)))
            position += 1
    return Motif(tree.smiles, tuple(children), tuple(own))


class _Writer:
    """Writes a tree depth first: the parts of the SMILES, and the marks of its atoms as numbered there."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.marks: dict[int, int] = {}
        self.atoms = 0

    def write(self, motif: Motif, open_rings: int, bound: bool) -> None:
        shape, parts, children = template(motif.smiles), self.parts, motif.children
        lost = [0] * len(shape.capacity)
        lost[0] = int(bound)
        for site, _ in children:
            lost[site] += 1
        marks = dict(motif.marks)
        inner = open_rings + shape.most_rings
        position = 0
        for i, prefix in enumerate(shape.prefixes):
            parts.append(prefix)
            parts.append(shape.symbols[i][lost[i]])
            for bond, number in shape.rings[i]:
                parts.append(bond + _ring_number(number + open_rings))
            if i in marks:
                self.marks[self.atoms] = marks[i]
            self.atoms += 1
            while position < len(children) and children[position][0] == i:
                child = children[position][1]
                position += 1
                branch = i + 1 < len(shape.prefixes) or position < len(children)
                bond = "-" if shape.aromatic[i] and template(child.smiles).aromatic[0] else ""
                parts.append("(" + bond if branch else bond)
                self.write(child, inner, bound=True)
                if branch:
                    parts.append(")")
        parts.append(shape.suffix)


def _ring_number(number: int) -> str:
    return str(number) if number < 10 else f"%{number}" if number < 100 else f"%({number})"
