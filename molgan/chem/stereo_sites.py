"""Which atoms of a motif may ever be marked with stereo, whatever is bound to the motif."""

from __future__ import annotations

from rdkit import Chem

_ANY_GEOMETRY = frozenset({"P", "S", "Se", "As", "Si", "B"})
_LEAST_RING = 8  # atoms of a ring from which on a double bond in it has stereo, as RDKit has it


def find_markable(smiles: str) -> list[tuple[bool, bool]]:
    """Whether each atom of a motif, in written order, may be a tetrahedral centre, and the end of a double bond with
    stereo that is written last.

    Says no only where every molecule with the motif would lose the mark when it is read.
    """
    mol = Chem.MolFromSmiles(smiles)
    return [(_may_be_centre(atom), _may_end_double_bond(atom)) for atom in mol.GetAtoms()]


def _may_be_centre(atom: Chem.Atom) -> bool:
    connections = atom.GetDegree() + atom.GetTotalNumHs()
    symbol = atom.GetSymbol()
    if atom.GetIsAromatic() or connections < 3:
        return False
    if symbol == "C":
        return connections == 4
    if symbol == "N":
        return connections == 4 or _is_held(atom)
    return symbol in _ANY_GEOMETRY


def _is_held(atom: Chem.Atom) -> bool:
    """Whether rings keep a nitrogen from turning inside out: three-membered ones, and those that meet at it."""
    return atom.IsInRingSize(3) or sum(bond.IsInRing() for bond in atom.GetBonds()) >= 3


def _may_end_double_bond(atom: Chem.Atom) -> bool:
    bonds = [bond for bond in atom.GetBonds() if bond.GetBondType() == Chem.BondType.DOUBLE]
    before = [bond for bond in bonds if bond.GetOtherAtomIdx(atom.GetIdx()) < atom.GetIdx()]
    if len(before) != 1:
        return False
    bond = before[0]
    rings = bond.GetOwningMol().GetRingInfo()
    size = rings.MinBondRingSize(bond.GetIdx())
    ends = (bond.GetBeginAtom(), bond.GetEndAtom())
    return not 0 < size < _LEAST_RING and all(end.GetDegree() - 1 + end.GetTotalNumHs() > 0 for end in ends)
