"""The part that designed molecules keep: a core that grows at marked sites only, or two fragments to be linked.

Cut bonds are single and acyclic, and hydrogens fill the cut valences, so that the tree of a decorated molecule is the
core's tree with further children at its marked sites. A hole in a tree stands for an arbitrary subtree.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rdkit import Chem

from molgan.base.errors import InputError
from molgan.chem.molecule import parse
from molgan.chem.motifs import Motif, cut_flat
from molgan.chem.stereo import has_stereo
from molgan.chem.templates import size
from molgan.graphs.motif.actions import HOLE
from molgan.graphs.motif.trees import TreePath

_MARK = "marked"


@dataclass(frozen=True)
class Core:
    """`tree` has a hole at each marked site. With a second fragment, `inner`, the grown part has a hole for it."""

    tree: Motif
    inner: Motif | None = None

    @classmethod
    def read(cls, smiles: str) -> Core:
        """Read a core from a SMILES whose attachment points (marks) are written `*` or `[*:1]`; two fragments with one
        mark each, separated by a dot, are to be linked.

        Raises InputError where a mark is missing or not at a single bond, or the core has stereo, which the tree cannot
        keep.
        """
        parts = smiles.split(".")
        if len(parts) == 1:
            return cls(_open_marks(smiles, rooted=False))
        if len(parts) > 2 or any(part.count("*") != 1 for part in parts):
            raise InputError(f"core {smiles!r}: two fragments to link need one mark each: c1ccccc1*.*N1CCCCC1")
        outer, inner = (_open_marks(part, rooted=i == 1) for i, part in enumerate(parts))
        return cls(outer, inner)

    @property
    def atoms(self) -> int:
        """Heavy atoms of the core."""
        return _atoms(self.tree) + (_atoms(self.inner) if self.inner else 0)

    @property
    def holes(self) -> int:
        """Number of marked sites."""
        return sum(1 for _ in _holes(self.tree))

    def assemble(self, grown: Sequence[Motif]) -> Motif:
        """The tree of a molecule; `grown` has one subtree for each marked site, in the order of writing."""
        tree = _fill(self.tree, iter(grown))
        return tree if self.inner is None else _fill(tree, iter([self.inner]))

    def find_grown(self, tree: Motif) -> tuple[Motif, ...]:
        """The subtrees at the marked sites of a decoded or assembled tree, whose children are in the order of writing.
        The second fragment is not recognised in it."""
        return tuple(_find_grown(self.tree, tree))


def _open_marks(smiles: str, *, rooted: bool) -> Motif:
    """The tree of a core with a hole at each mark; if `rooted`, the tree starts at its mark and has no hole."""
    mol, marks = _remove_marks(smiles)
    root = next(i for i, n in enumerate(marks) if n) if rooted else None
    tree, order = cut_flat(mol, root)
    if rooted:
        return tree
    slots: dict[TreePath, list[int]] = {}
    for (path, site), i in zip(_sites(tree), order, strict=True):
        slots.setdefault(path, []).extend([site] * marks[i])
    return _add_holes(tree, (), slots)


def _remove_marks(smiles: str) -> tuple[Chem.Mol, list[int]]:
    """A core with hydrogens in place of its marks, and the number of marks of each atom."""
    molecule = parse(smiles)
    if molecule.mol is None or not molecule.is_connected:
        raise InputError(f"core {smiles!r}: {molecule.reason or 'more than one fragment'}")
    if has_stereo(molecule.mol):
        raise InputError(
            f"core {smiles!r}: its stereo would be lost; write it without @, / and \\, and choose among the "
            "stereoisomers of what is found (the scorer `core` with `chirality`, `molgan.stereoisomers`)"
        )
    mol = Chem.RWMol(molecule.mol)
    marks = [atom for atom in mol.GetAtoms() if atom.GetAtomicNum() == 0]
    if not marks or any(atom.GetDegree() != 1 for atom in marks):
        raise InputError(f"core {smiles!r}: mark each site that may grow by a *, bound to one atom: c1ccc([*:1])cc1")
    for atom in marks:
        (bond,) = atom.GetBonds()
        at = bond.GetOtherAtom(atom)
        if bond.GetBondType() != Chem.BondType.SINGLE or at.GetAtomicNum() <= 1:
            raise InputError(f"core {smiles!r}: a mark must be bound by a single bond to a heavy atom of the core")
        at.SetIntProp(_MARK, at.GetIntProp(_MARK) + 1 if at.HasProp(_MARK) else 1)
    for atom in marks:
        atom.SetAtomicNum(1)
        atom.SetIsotope(0)
        atom.SetAtomMapNum(0)
        atom.SetNoImplicit(True)
    plain = Chem.RemoveHs(mol)
    return plain, [atom.GetIntProp(_MARK) if atom.HasProp(_MARK) else 0 for atom in plain.GetAtoms()]


def _add_holes(node: Motif, path: TreePath, slots: dict[TreePath, list[int]]) -> Motif:
    children = [(site, 0, _add_holes(child, (*path, i), slots)) for i, (site, child) in enumerate(node.children)]
    both = sorted([*children, *((site, 1, HOLE) for site in slots.get(path, ()))])
    return Motif(node.smiles, tuple((site, child) for site, _, child in both))


def _fill(node: Motif, grown: Iterator[Motif]) -> Motif:
    if node == HOLE:
        return next(grown, HOLE)
    return node._replace(children=tuple((site, _fill(child, grown)) for site, child in node.children))


def _find_grown(node: Motif, tree: Motif) -> Iterator[Motif]:
    if node == HOLE:
        yield tree
        return
    for (_, child), (_, found) in zip(node.children, tree.children, strict=True):
        yield from _find_grown(child, found)


def _holes(tree: Motif) -> Iterator[Motif]:
    if tree == HOLE:
        yield tree
    for _, child in tree.children:
        yield from _holes(child)


def _atoms(tree: Motif) -> int:
    return 0 if tree == HOLE else size(tree.smiles) + sum(_atoms(child) for _, child in tree.children)


def _sites(tree: Motif, path: TreePath = ()) -> Iterator[tuple[TreePath, int]]:
    """Every atom of a tree, in the order of writing, as its motif and its site there."""
    for site in range(size(tree.smiles)):
        yield path, site
        for i, (at, child) in enumerate(tree.children):
            if at == site:
                yield from _sites(child, (*path, i))
