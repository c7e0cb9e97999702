"""Which stereo a molecule leaves open: what the filter `stereo`, the scorers of centres and `stereoisomers` all ask."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

from rdkit import Chem

from molgan.chem.cages import coupled_centres

_NO_ATOM = 2**32 - 1
_MOST_AUTOMORPHISMS = 10_000  # of more, some are not seen, and a centre may be taken for open
_MOST_ELEMENTS = 8
# Arrangements of other elements, a bit for each: all alike, and alternating ones.
_PATTERNS = (0, -1, sum(1 << k for k in range(0, 128, 2)), sum(1 << k for k in range(128) if k & 2))
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
        molecules: a bridgehead whose inversion gives the same molecule, or none that can be, is not open, nor is a
        nitrogen with a proton to lose, nor is a double bond whose stereo a SMILES of heavy atoms cannot say, as in
        allenes and C=NH."""
        found = Chem.FindPotentialStereo(mol)
        atoms = {info.centeredOn: info.specified for info in found if info.type == Chem.StereoType.Atom_Tetrahedral}
        said = {atom for atom, how in atoms.items() if how == Chem.StereoSpecified.Specified}
        unsaid = [atom for atom, how in atoms.items() if how == Chem.StereoSpecified.Unspecified]
        groups = coupled_centres(mol, list(atoms)) if unsaid else []
        following = {atom for group in groups if said.intersection(group) for atom in group}
        centres = [group for group in groups if not said.intersection(group)]
        in_group = {atom for group in groups for atom in group}
        singles = [{atom: 0} for atom in unsaid if atom not in in_group and not _exchanges(mol.GetAtomWithIdx(atom))]
        centres = _distinguishable(mol, said, centres + singles) if centres else singles
        bonds = [
            _with_references(info)
            for info in found
            if info.type == Chem.StereoType.Bond_Double
            and info.specified == Chem.StereoSpecified.Unspecified
            and not _is_cumulated(mol.GetBondWithIdx(info.centeredOn))
            and all(_neighbours(info))
        ]
        elements = cls(len(said | following), centres, bonds)
        return elements._without_unwritable(mol) if centres or bonds else elements

    def _without_unwritable(self, mol: Chem.Mol) -> StereoElements:
        """Without what depends on the stereo of others, as in 1,4-dimethylcyclohexane, and makes no difference to the
        SMILES either way: two oximes on opposite sides of a ring, or a centre between two that are alike."""
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
        """Whether the k-th element tells molecules apart, beside some arrangements of the others."""
        everything = 2 ** (len(self.centres) + len(self.bonds)) - 1
        others = {pattern & everything & ~(1 << k) for pattern in _PATTERNS}
        return any(
            _respell(self.arranged(mol, number)) != _respell(self.arranged(mol, number | 1 << k))
            for number in sorted(others)
        )

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


def _exchanges(atom: Chem.Atom) -> bool:
    return bool(atom.GetAtomicNum() == 7 and atom.GetTotalNumHs() > 0)


def _is_cumulated(bond: Chem.Bond) -> bool:
    ends = (bond.GetBeginAtom(), bond.GetEndAtom())
    return any(sum(b.GetBondType() == Chem.BondType.DOUBLE for b in end.GetBonds()) > 1 for end in ends)


def _has_equal_branches(mol: Chem.Mol, atom: int, ranks: Sequence[int]) -> bool:
    around = [ranks[neighbour.GetIdx()] for neighbour in mol.GetAtomWithIdx(atom).GetNeighbors()]
    return len(set(around)) < len(around)


def _with_references(info: Chem.StereoInfo) -> tuple[int, int, int]:
    begin, end = (atoms[0] for atoms in _neighbours(info))
    return info.centeredOn, begin, end


def _neighbours(info: Chem.StereoInfo) -> tuple[list[int], list[int]]:
    """The neighbours that are atoms at either end of a double bond."""
    atoms = list(info.controllingAtoms)
    begin, end = ([atom for atom in side if atom != _NO_ATOM] for side in (atoms[:2], atoms[2:]))
    return begin, end


def _distinguishable(mol: Chem.Mol, said: set[int], centres: list[Centre]) -> list[Centre]:
    """Those of the centres whose inversion can make another molecule, whatever the arrangement of the others: none of
    the molecule's automorphisms undoes it."""
    count = len(centres)
    if count > _MOST_ELEMENTS:
        return centres
    actions = {action for image in _automorphisms(mol, said, centres) if (action := _action(mol, said, centres, image))}
    open_ = set()
    for arrangement in range(2**count):
        bits = [arrangement >> k & 1 for k in range(count)]
        same = {sum((bits[k] ^ flip) << place for k, (place, flip) in enumerate(action)) for action in actions}
        open_ |= {k for k in range(count) if arrangement ^ (1 << k) not in same}
    return [centres[k] for k in sorted(open_)]


def _automorphisms(mol: Chem.Mol, said: set[int], centres: list[Centre]) -> list[dict[int, int]]:
    """Where centres and what is bound to them goes, for each way to lay the molecule on itself without regard to
    stereo that keeps double bonds with stereo in their place."""
    atoms = said.union(*centres)
    around = {neighbour.GetIdx() for atom in atoms for neighbour in mol.GetAtomWithIdx(atom).GetNeighbors()}
    fixed = {i for bond in mol.GetBonds() if bond.GetStereo() > _Stereo.STEREOANY for i in bond.GetStereoAtoms()}
    chosen = sorted(atoms | around | fixed)
    ways = mol.GetSubstructMatches(mol, uniquify=False, maxMatches=_MOST_AUTOMORPHISMS)
    distinct = {tuple([way[i] for i in chosen]) for way in ways}
    images = [dict(zip(chosen, way, strict=True)) for way in distinct]
    return [image for image in images if all(image[i] == i for i in fixed)]


def _action(
    mol: Chem.Mol, said: set[int], centres: list[Centre], image: dict[int, int]
) -> tuple[tuple[int, int], ...] | None:
    """For each centre, the place of the one that it comes to lie on, and whether its arrangement is inverted there;
    None for an automorphism that does not keep what is said of stereo."""
    for atom in said:
        tags = [mol.GetAtomWithIdx(each).GetChiralTag() for each in (atom, image[atom])]
        if image[atom] not in said or (tags[0] == tags[1]) == bool(_parity(mol, atom, image)):
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
