"""The core of a given molecule that its analogues keep."""

from __future__ import annotations

from rdkit import Chem

from molgan.base.errors import InputError
from molgan.chem.molecule import parse
from molgan.chem.stereo import remove_stereo
from molgan.graphs.motif.core import Core

_MOST_MATCHES = 50


class KeptCore:
    """A part of molecules that their analogues keep, given as SMILES.

    With marks (`*c1ccc(*)cc1`) analogues grow there, as those of `Core` do. Without any they grow where the given
    molecule does, and keep its hydrogens elsewhere. Stereo inside the part is not kept.
    """

    def __init__(self, smiles: str) -> None:
        """Raises InputError where the SMILES is not one molecule, or its marks cannot be used."""
        molecule = parse(smiles)
        if molecule.mol is None or not molecule.is_connected:
            raise InputError(f"keep {smiles!r}: {molecule.reason or 'more than one fragment'}; give one SMILES")
        self.smiles = smiles
        self._marked = Core.read(smiles) if "*" in smiles else None
        mol = Chem.RWMol(remove_stereo(molecule.mol))
        for atom in sorted((a.GetIdx() for a in mol.GetAtoms() if not a.GetAtomicNum()), reverse=True):
            mol.RemoveAtom(atom)
        self._pattern = mol.GetMol()

    def find(self, mol: Chem.Mol) -> Core:
        """The core of a molecule, which grows at its marks. Raises InputError where the molecule has no such part, or
        one that cannot be kept as it is."""
        matches = mol.GetSubstructMatches(self._pattern, maxMatches=_MOST_MATCHES, uniquify=False)
        if not matches:
            raise InputError(f"keep: {self.smiles} is not in the molecule")
        if self._marked is not None:
            return self._marked
        faults = []
        for match in matches:
            found = _cut_out(mol, set(match))
            if not isinstance(found, str):
                return found
            faults.append(found)
        raise InputError(f"keep: {faults[0]}")


def _cut_out(mol: Chem.Mol, atoms: set[int]) -> Core | str:
    """The core of some atoms of a molecule, or the reason why it cannot be kept."""
    bonds = [bond for bond in mol.GetBonds() if (bond.GetBeginAtomIdx() in atoms) != (bond.GetEndAtomIdx() in atoms)]
    if not bonds:
        return "it is the whole molecule, so that nothing may change"
    for bond in bonds:
        charged = bond.GetBeginAtom().GetFormalCharge() and bond.GetEndAtom().GetFormalCharge()
        if bond.GetBondType() != Chem.BondType.SINGLE or bond.IsInRing() or charged:
            return "the molecule goes on from it by a bond of a ring or a multiple bond; give the whole group"
    flat = Chem.Mol(mol)
    Chem.RemoveStereochemistry(flat)
    cut = Chem.FragmentOnBonds(flat, [bond.GetIdx() for bond in bonds], dummyLabels=[(0, 0)] * len(bonds))
    parts: list[tuple[int, ...]] = []
    pieces = Chem.GetMolFrags(cut, asMols=True, fragsMolAtomMapping=parts)
    piece = next(piece for piece, part in zip(pieces, parts, strict=True) if atoms.issubset(part))
    return Core.read(Chem.MolToSmiles(piece))
