"""Stereo as marks on the atoms of a written SMILES: read from a molecule, set on another of the same constitution.

A mark chooses one of two arrangements relative to the order in which atoms were written, so that it needs no chirality
rank; an atom that is not a stereo centre loses its mark when the molecule is read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations

from rdkit import Chem, rdBase

CLOCKWISE, COUNTERCLOCKWISE, SAME_SIDE, OTHER_SIDE = range(4)
MARKS = 4

_Tag, _Stereo = Chem.ChiralType, Chem.BondStereo
_TAG_MARK = {_Tag.CHI_TETRAHEDRAL_CW: CLOCKWISE, _Tag.CHI_TETRAHEDRAL_CCW: COUNTERCLOCKWISE}
_MARK_TAG = {mark: tag for tag, mark in _TAG_MARK.items()}
_STEREO_MARK = {
    _Stereo.STEREOCIS: SAME_SIDE,
    _Stereo.STEREOZ: SAME_SIDE,
    _Stereo.STEREOTRANS: OTHER_SIDE,
    _Stereo.STEREOE: OTHER_SIDE,
}
_UNDEFINED = (_Stereo.STEREONONE, _Stereo.STEREOANY)


class UnknownStereo(ValueError):
    """Stereo that marks cannot express (an allene, a square-planar metal, an axis); the message is the reason."""


def has_stereo(mol: Chem.Mol) -> bool:
    """Whether any atom or bond of the molecule has its arrangement defined."""
    return any(atom.GetChiralTag() != _Tag.CHI_UNSPECIFIED for atom in mol.GetAtoms()) or any(
        bond.GetStereo() not in _UNDEFINED for bond in mol.GetBonds()
    )


def remove_stereo(mol: Chem.Mol) -> Chem.Mol:
    """A copy without stereo. It is read again from its SMILES where possible, since aromaticity, ranks and a ring
    double bond's stereo may depend on the order of atoms."""
    flat = Chem.Mol(mol)
    Chem.RemoveStereochemistry(flat)
    with rdBase.BlockLogs():
        return Chem.MolFromSmiles(Chem.MolToSmiles(flat)) or flat


def read_marks(mol: Chem.Mol, order: Sequence[int]) -> dict[int, int]:
    """The mark of each atom of `mol` that has one, given its atoms in the order written.

    The mark of a tetrahedral centre says whether its neighbours, in written order, go clockwise or counter-clockwise,
    as RDKit counts them (a hydrogen or lone pair that is not an atom stands where RDKit puts it). The mark of a double
    bond stands at the end written last; it says whether the first-written neighbours of both ends are on the same side.
    Raises UnknownStereo.
    """
    if len(order) < mol.GetNumAtoms():
        raise UnknownStereo("stereo that a hydrogen defines")
    position = {atom: i for i, atom in enumerate(order)}
    marks: dict[int, int] = {}
    for atom in mol.GetAtoms():
        tag = atom.GetChiralTag()
        if tag == _Tag.CHI_UNSPECIFIED:
            continue
        if tag not in _TAG_MARK:
            raise UnknownStereo(f"stereo of kind {tag.name.removeprefix('CHI_').lower()}")
        marks[atom.GetIdx()] = _TAG_MARK[tag] ^ _compute_parity([position[n.GetIdx()] for n in atom.GetNeighbors()])
    for bond in mol.GetBonds():
        stereo = bond.GetStereo()
        if stereo in _UNDEFINED:
            continue
        if stereo not in _STEREO_MARK:
            raise UnknownStereo(f"stereo of kind {stereo.name.removeprefix('STEREO').lower()}")
        first, last = sorted((bond.GetBeginAtomIdx(), bond.GetEndAtomIdx()), key=position.__getitem__)
        if last in marks or _partner(mol, last, position) != first:
            raise UnknownStereo("stereo of adjacent double bonds")
        chosen = set(_references(mol, bond, position))
        swapped = len(chosen.difference(bond.GetStereoAtoms()))
        marks[last] = SAME_SIDE + ((_STEREO_MARK[stereo] - SAME_SIDE) ^ (swapped % 2))
    return marks


def set_marks(smiles: str, marks: Mapping[int, int]) -> str:
    """The SMILES with marks set on its atoms (numbered as written); marks without a meaning are dropped."""
    mol = Chem.MolFromSmiles(smiles)
    position = {i: i for i in range(mol.GetNumAtoms())}
    for i, mark in marks.items():
        atom = mol.GetAtomWithIdx(i)
        if mark in _MARK_TAG:
            atom.SetChiralTag(_MARK_TAG[mark ^ _compute_parity([n.GetIdx() for n in atom.GetNeighbors()])])
            continue
        partner = _partner(mol, i, position)
        bond = mol.GetBondBetweenAtoms(i, partner) if partner is not None else None
        if bond is None or bond.GetBondType() != Chem.BondType.DOUBLE:
            continue
        references = _references(mol, bond, position)
        if len(references) == 2:
            bond.SetStereoAtoms(*references)
            bond.SetStereo(_Stereo.STEREOCIS if mark == SAME_SIDE else _Stereo.STEREOTRANS)
    return str(Chem.MolToSmiles(mol))


def _partner(mol: Chem.Mol, atom: int, position: Mapping[int, int]) -> int | None:
    """The atom written before this one that a double bond leads to; None where there is not exactly one."""
    found = [
        bond.GetOtherAtomIdx(atom)
        for bond in mol.GetAtomWithIdx(atom).GetBonds()
        if bond.GetBondType() == Chem.BondType.DOUBLE
    ]
    before = [other for other in found if position[other] < position[atom]]
    return before[0] if len(before) == 1 else None


def _references(mol: Chem.Mol, bond: Chem.Bond, position: Mapping[int, int]) -> list[int]:
    """The first-written neighbour of each end of a double bond (the other end aside), begin first."""
    ends = (bond.GetBeginAtom(), bond.GetEndAtom())
    inside = {end.GetIdx() for end in ends}
    neighbours = [[n.GetIdx() for n in end.GetNeighbors() if n.GetIdx() not in inside] for end in ends]
    return [min(atoms, key=position.__getitem__) for atoms in neighbours if atoms]


def _compute_parity(numbers: Sequence[int]) -> int:
    """1 where sorting takes an odd number of swaps, else 0."""
    return sum(a > b for a, b in combinations(numbers, 2)) % 2
