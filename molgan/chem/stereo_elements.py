"""The stereo that a molecule leaves open, for the filter `stereo`, the scorers of centres and `stereoisomers`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

from rdkit import Chem

from molgan.chem.cages import coupled_centres

_NO_ATOM = 2**32 - 1
_MOST_AUTOMORPHISMS = 10_000  # beyond, some are not seen, and a centre may count as open that is not
_MOST_ELEMENTS = 8
# Arrangements of other elements, a bit for each: all alike, and alternating ones.
_PATTERNS = (0, -1, sum(1 << k for k in range(0, 128, 2)), sum(1 << k for k in range(128) if k & 2))
_Tag, _Stereo = Chem.ChiralType, Chem.BondStereo

Centre = dict[int, int]
"""Tetrahedral atoms that share one arrangement and its mirror image, each with a sign, see `coupled_centres`. Most
often a single atom."""


@dataclass(frozen=True, slots=True)
class StereoElements:
    """The stereo of a molecule: `centres` and `bonds` are open; each bond comes with the neighbour of either end that
    cis and trans refer to. `defined` counts the tetrahedral atoms whose arrangement is given, or follows from a given
    one."""

    defined: int
    centres: list[Centre]
    bonds: list[tuple[int, int, int]]

    @classmethod
    def of(cls, mol: Chem.Mol) -> StereoElements:
        """Tetrahedral centres and double bonds of RDKit's `FindPotentialStereo` that allow two molecules. Not open are
        a bridgehead whose inversion gives the same or an impossible molecule, a nitrogen with a proton to lose, and a
        double bond whose stereo a SMILES of heavy atoms cannot express, as in allenes and C=NH."""
        found = Chem.FindPotentialStereo(mol)
        atoms = {info.centeredOn: info.specified for info in found if info.type == Chem.StereoType.Atom_Tetrahedral}
        given = {atom for atom, how in atoms.items() if how == Chem.StereoSpecified.Specified}
        missing = [atom for atom, how in atoms.items() if how == Chem.StereoSpecified.Unspecified]
        groups = coupled_centres(mol, list(atoms)) if missing else []
        implied = {atom for group in groups if given.intersection(group) for atom in group}
        centres = [group for group in groups if not given.intersection(group)]
        in_group = {atom for group in groups for atom in group}
        singles = [{atom: 0} for atom in missing if atom not in in_group and not _exchanges(mol.GetAtomWithIdx(atom))]
        centres = _find_distinguishable(mol, given, centres + singles) if centres else singles
        bonds = [
            _find_references(info)
            for info in found
            if info.type == Chem.StereoType.Bond_Double
            and info.specified == Chem.StereoSpecified.Unspecified
            and not _is_cumulated(mol.GetBondWithIdx(info.centeredOn))
            and all(_neighbours(info))
        ]
        elements = cls(len(given | implied), centres, bonds)
        return elements._drop_unwritable(mol) if centres or bonds else elements

    def _drop_unwritable(self, mol: Chem.Mol) -> StereoElements:
        """Without the elements that depend on the stereo of others, as in 1,4-dimethylcyclohexane, and do not change
        the SMILES: two oximes on opposite sides of a ring, or a centre between two equal ones."""
        ranks = list(Chem.CanonicalRankAtoms(mol, breakTies=False))
        depends = [len(centre) == 1 and _has_equal_branches(mol, next(iter(centre)), ranks) for centre in self.centres]
        for index, *_ in self.bonds:
            bond = mol.GetBondWithIdx(index)
            ends = (bond.GetBeginAtomIdx(), bond.GetEndAtomIdx())
            depends.append(any(_has_equal_branches(mol, end, ranks) for end in ends))
        if not any(depends):
            return self
        kept = [not each or self._makes_a_difference(mol, k) for k, each in enumerate(depends)]
        centres = [centre for centre, keep in zip(self.centres, kept, strict=False) if keep]
        bonds = [bond for bond, keep in zip(self.bonds, kept[len(self.centres) :], strict=True) if keep]
        return StereoElements(self.defined, centres, bonds)

    def _makes_a_difference(self, mol: Chem.Mol, k: int) -> bool:
        """Whether the k-th element makes two molecules, with some arrangements of the other elements."""
        everything = 2 ** (len(self.centres) + len(self.bonds)) - 1
        others = {pattern & everything & ~(1 << k) for pattern in _PATTERNS}
        return any(
            _respell(self.write_arrangement(mol, number)) != _respell(self.write_arrangement(mol, number | 1 << k))
            for number in sorted(others)
        )

    @property
    def open_atoms(self) -> int:
        """How many tetrahedral atoms are left open."""
        return sum(len(centre) for centre in self.centres)

    def write_arrangement(self, mol: Chem.Mol, number: int) -> str:
        """The SMILES of the molecule with one of the 2^(centres + bonds) arrangements of its open elements: bit k of
        `number` arranges the k-th."""
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


def _exchanges(atom: Chem.Atom) -> bool:
    return bool(atom.GetAtomicNum() == 7 and atom.GetTotalNumHs() > 0)


def _is_cumulated(bond: Chem.Bond) -> bool:
    ends = (bond.GetBeginAtom(), bond.GetEndAtom())
    return any(sum(b.GetBondType() == Chem.BondType.DOUBLE for b in end.GetBonds()) > 1 for end in ends)


def _has_equal_branches(mol: Chem.Mol, atom: int, ranks: Sequence[int]) -> bool:
    around = [ranks[neighbour.GetIdx()] for neighbour in mol.GetAtomWithIdx(atom).GetNeighbors()]
    return len(set(around)) < len(around)


def _find_references(info: Chem.StereoInfo) -> tuple[int, int, int]:
    begin, end = (atoms[0] for atoms in _neighbours(info))
    return info.centeredOn, begin, end


def _neighbours(info: Chem.StereoInfo) -> tuple[list[int], list[int]]:
    """The neighbours that are atoms at either end of a double bond."""
    atoms = list(info.controllingAtoms)
    begin, end = ([atom for atom in side if atom != _NO_ATOM] for side in (atoms[:2], atoms[2:]))
    return begin, end


def _find_distinguishable(mol: Chem.Mol, given: set[int], centres: list[Centre]) -> list[Centre]:
    """The centres whose inversion can make another molecule for some arrangement of the others: no automorphism of the
    molecule undoes it. `given` are the centres whose arrangement is given."""
    count = len(centres)
    if count > _MOST_ELEMENTS:
        return centres
    images = _automorphisms(mol, given, centres)
    actions = {action for image in images if (action := _action(mol, given, centres, image))}
    open_ = set()
    for arrangement in range(2**count):
        bits = [arrangement >> k & 1 for k in range(count)]
        same = {sum((bits[k] ^ flip) << place for k, (place, flip) in enumerate(action)) for action in actions}
        open_ |= {k for k in range(count) if arrangement ^ (1 << k) not in same}
    return [centres[k] for k in sorted(open_)]


def _automorphisms(mol: Chem.Mol, given: set[int], centres: list[Centre]) -> list[dict[int, int]]:
    """The images of the centres and their neighbours under each automorphism of the molecule without stereo that keeps
    double bonds with stereo in place."""
    atoms = given.union(*centres)
    around = {neighbour.GetIdx() for atom in atoms for neighbour in mol.GetAtomWithIdx(atom).GetNeighbors()}
    fixed = {i for bond in mol.GetBonds() if bond.GetStereo() > _Stereo.STEREOANY for i in bond.GetStereoAtoms()}
    chosen = sorted(atoms | around | fixed)
    ways = mol.GetSubstructMatches(mol, uniquify=False, maxMatches=_MOST_AUTOMORPHISMS)
    distinct = {tuple([way[i] for i in chosen]) for way in ways}
    images = [dict(zip(chosen, way, strict=True)) for way in distinct]
    return [image for image in images if all(image[i] == i for i in fixed)]


def _action(
    mol: Chem.Mol, given: set[int], centres: list[Centre], image: dict[int, int]
) -> tuple[tuple[int, int], ...] | None:
    """For each centre, the position of its image among the centres, and whether its arrangement is inverted there; None
    for an automorphism that does not keep the given stereo."""
    for atom in given:
        tags = [mol.GetAtomWithIdx(each).GetChiralTag() for each in (atom, image[atom])]
        if image[atom] not in given or (tags[0] == tags[1]) == bool(_parity(mol, atom, image)):
            return None
    action = []
    for centre in centres:
        atom, sign = next(iter(centre.items()))
        place = next((k for k, other in enumerate(centres) if image[atom] in other), None)
        if place is None:
            return None
        action.append((place, sign ^ _parity(mol, atom, image) ^ centres[place][image[atom]]))
    return tuple(action)


def _parity(mol: Chem.Mol, atom: int, image: dict[int, int]) -> int:
    """1 where an automorphism takes the neighbours to an odd permutation of RDKit's order at the atom's image."""
    there = [neighbour.GetIdx() for neighbour in mol.GetAtomWithIdx(image[atom]).GetNeighbors()]
    places = [there.index(image[neighbour.GetIdx()]) for neighbour in mol.GetAtomWithIdx(atom).GetNeighbors()]
    return sum(a > b for a, b in combinations(places, 2)) % 2


def _respell(smiles: str) -> str:
    return Chem.MolToSmiles(Chem.MolFromSmiles(smiles))
