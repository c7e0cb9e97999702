"""Which stereo a molecule leaves open: what the filter `stereo`, the scorers of centres and `stereoisomers` all ask."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

from rdkit import Chem

from molgan.chem.cages import coupled_centres

_NO_ATOM = 2**32 - 1
_MOST_AUTOMORPHISMS = 10_000
_MOST_ELEMENTS = 8
_Tag, _Stereo = Chem.ChiralType, Chem.BondStereo

Centre = dict[int, int]
"""Tetrahedral atoms that have one arrangement and its mirror image between them, each with a sign, see
`coupled_centres`. Most often a single atom."""


@dataclass(frozen=True, slots=True)
class StereoElements:
    """`centres` and `bonds` are left open, the bonds each with the neighbour of either end that says cis or trans;
    `defined` tetrahedral atoms have their arrangement said, or it follows from what is said."""

    defined: int
    centres: list[Centre]
    bonds: list[tuple[int, int, int]]

    @classmethod
    def of(cls, mol: Chem.Mol) -> StereoElements:
        """Tetrahedral centres and double bonds as RDKit's `FindPotentialStereo` has them, if they allow of two
        molecules: a bridgehead whose inversion gives the same molecule, or none that can be, is not open, nor are the
        double bonds of an allene, whose axis RDKit's SMILES cannot say."""
        found = Chem.FindPotentialStereo(mol)
        atoms = {info.centeredOn: info.specified for info in found if info.type == Chem.StereoType.Atom_Tetrahedral}
        said = {atom for atom, how in atoms.items() if how == Chem.StereoSpecified.Specified}
        unsaid = [atom for atom, how in atoms.items() if how == Chem.StereoSpecified.Unspecified]
        groups = coupled_centres(mol, list(atoms)) if unsaid else []
        following = {atom for group in groups if said.intersection(group) for atom in group}
        centres = [group for group in groups if not said.intersection(group)]
        in_group = {atom for group in groups for atom in group}
        singles = [{atom: 0} for atom in unsaid if atom not in in_group]
        centres = _distinguishable(mol, said, centres + singles) if centres else singles
        bonds = [
            _with_references(mol, info)
            for info in found
            if info.type == Chem.StereoType.Bond_Double
            and info.specified == Chem.StereoSpecified.Unspecified
            and not _is_cumulated(mol.GetBondWithIdx(info.centeredOn))
        ]
        return cls(len(said | following), centres, bonds)

    @property
    def open_atoms(self) -> int:
        """How many tetrahedral atoms are left open."""
        return sum(len(centre) for centre in self.centres)

    def arranged(self, mol: Chem.Mol, number: int) -> str:
        """The SMILES of the molecule with one of 2^(centres + bonds) arrangements of what is open: bit k of `number`
        for the k-th."""
        arranged = Chem.Mol(mol)
        for k, centre in enumerate(self.centres):
            for atom, sign in centre.items():
                clockwise = (number >> k & 1) ^ sign
                tag = _Tag.CHI_TETRAHEDRAL_CW if clockwise else _Tag.CHI_TETRAHEDRAL_CCW
                arranged.GetAtomWithIdx(atom).SetChiralTag(tag)
        for k, (index, begin, end) in enumerate(self.bonds, start=len(self.centres)):
            bond = arranged.GetBondWithIdx(index)
            bond.SetStereoAtoms(begin, end)
            bond.SetStereo(_Stereo.STEREOCIS if number >> k & 1 else _Stereo.STEREOTRANS)
        return str(Chem.MolToSmiles(arranged))


def _is_cumulated(bond: Chem.Bond) -> bool:
    ends = (bond.GetBeginAtom(), bond.GetEndAtom())
    return any(sum(b.GetBondType() == Chem.BondType.DOUBLE for b in end.GetBonds()) > 1 for end in ends)


def _with_references(mol: Chem.Mol, info: Chem.StereoInfo) -> tuple[int, int, int]:
    atoms = list(info.controllingAtoms)
    begin, end = (next(atom for atom in side if atom != _NO_ATOM) for side in (atoms[:2], atoms[2:]))
    return info.centeredOn, begin, end


def _distinguishable(mol: Chem.Mol, said: set[int], centres: list[Centre]) -> list[Centre]:
    """Those of the centres whose inversion can make another molecule, whatever the arrangement of the others: none of
    the molecule's automorphisms undoes it."""
    count = len(centres)
    if count > _MOST_ELEMENTS:
        return centres
    actions = {action for mapping in _automorphisms(mol) if (action := _action(mol, said, centres, mapping))}
    open_ = set()
    for arrangement in range(2**count):
        bits = [arrangement >> k & 1 for k in range(count)]
        same = {sum((bits[k] ^ flip) << place for k, (place, flip) in enumerate(action)) for action in actions}
        open_ |= {k for k in range(count) if arrangement ^ (1 << k) not in same}
    return [centres[k] for k in sorted(open_)]


def _automorphisms(mol: Chem.Mol) -> Sequence[Sequence[int]]:
    """Where each atom goes, for each way to lay the molecule on itself without regard to stereo."""
    return mol.GetSubstructMatches(mol, uniquify=False, maxMatches=_MOST_AUTOMORPHISMS)


def _action(
    mol: Chem.Mol, said: set[int], centres: list[Centre], mapping: Sequence[int]
) -> tuple[tuple[int, int], ...] | None:
    """For each centre, the place of the one that it comes to lie on, and whether its arrangement is inverted there;
    None for an automorphism that does not keep what is said of stereo."""
    tags = [atom.GetChiralTag() for atom in mol.GetAtoms()]
    for atom in said:
        kept = tags[atom] == tags[mapping[atom]]
        if mapping[atom] not in said or kept == bool(_parity(mol, atom, mapping)):
            return None
    for bond in mol.GetBonds():
        if bond.GetStereo() > _Stereo.STEREOANY and any(mapping[i] != i for i in bond.GetStereoAtoms()):
            return None
    action = []
    for centre in centres:
        atom, sign = next(iter(centre.items()))
        place = next((k for k, other in enumerate(centres) if mapping[atom] in other), None)
        if place is None:
            return None
        action.append((place, sign ^ _parity(mol, atom, mapping) ^ centres[place][mapping[atom]]))
    return tuple(action)


def _parity(mol: Chem.Mol, atom: int, mapping: Sequence[int]) -> int:
    """1 where an automorphism takes the neighbours to an odd permutation of RDKit's order at the atom's image."""
    there = [neighbour.GetIdx() for neighbour in mol.GetAtomWithIdx(mapping[atom]).GetNeighbors()]
    places = [there.index(mapping[neighbour.GetIdx()]) for neighbour in mol.GetAtomWithIdx(atom).GetNeighbors()]
    return sum(a > b for a, b in combinations(places, 2)) % 2
