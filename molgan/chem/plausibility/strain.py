"""Rings that cannot hold the bonds that are drawn into them: antiaromatic, anti-Bredt, alkynes, allenes and trans
double bonds in small rings. These rules need no data."""

import math
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cache, lru_cache

from rdkit import Chem
from rdkit.Chem import rdMolDescriptors

from molgan.chem.ring_systems import join_rings, name_ring_system
from molgan.chem.smarts import read_named_smarts, read_smarts

STRAINED = {
    "cyclobutadiene": "*1=*-*=,:*-1",
    "pentalene": "*1=*-*2=*-*=*-*-2=*-1",
    "cyclopentadienone": "[#6]1(=[O,S])-[#6]=[#6]-[#6]=[#6]-1",
    "oxirene, thiirene or 1H-azirine": "[#8,#16X2,#7X3]1-*=,:*-1",
    "double bond in a three-membered ring": "*1=*-*-1",
}
"""SMARTS by name, for ring systems; the other rules are `find_ring_strain`'s."""

_LEAST_LINEAR = 10  # atoms of a ring with an alkyne or allene: cyclononyne can be isolated, cyclooctyne is a reagent
_LEAST_TRANS = 8  # atoms of a ring with a trans double bond; trans-cyclooctene is the smallest that can be isolated
_LEAST_TRANS_DRAWN = 9  # trans-cyclononene is in caryophyllene
_DOUBLE, _TRIPLE, _AROMATIC = (
    Chem.BondType.DOUBLE,
    Chem.BondType.TRIPLE,
    Chem.BondType.AROMATIC,
)
_OPPOSITE = (Chem.BondStereo.STEREOE, Chem.BondStereo.STEREOTRANS)


@lru_cache(maxsize=200_000)
def find_ring_strain(ring: str) -> tuple[str, ...]:
    """The names of what is strained in a ring system, given by its SMILES: those of `count_strain`."""
    mol = Chem.MolFromSmiles(ring)
    return () if mol is None else tuple(sorted(count_strain(mol)))


def count_strain(mol: Chem.Mol) -> Counter[str]:
    """How often a molecule has each strain: those of `STRAINED`, "alkyne in a ring of 6", "allene in a ring of 6",
    "double bond at a bridgehead" (Bredt 1924). The rings of a molecule have what its ring systems have."""
    found = Counter[str]()
    if not mol.GetRingInfo().NumRings():
        return found
    for name, pattern in _patterns().items():
        if hits := len(mol.GetSubstructMatches(pattern)):
            found[name] += hits
    sizes, crowded = mol.GetRingInfo(), _may_break_bredt(mol)
    for ends in mol.GetSubstructMatches(_read_bonds(crowded)):
        bond = mol.GetBondBetweenAtoms(*ends)
        if bond.GetBondType() != _AROMATIC:
            smallest = sizes.MinBondRingSize(bond.GetIdx())
            if bond.GetBondType() == _TRIPLE and smallest < _LEAST_LINEAR:
                found[f"alkyne in a ring of {smallest}"] += 1
            if smallest < _LEAST_LINEAR and any(map(_is_cumulated, (bond.GetBeginAtom(), bond.GetEndAtom()))):
                found[f"allene in a ring of {smallest}"] += 1
        if crowded and _breaks_bredt(bond):
            found["double bond at a bridgehead"] += 1
    return found


def find_trans_rings(mol: Chem.Mol) -> list[str]:
    """The ring systems, by SMILES, of rings of eight atoms with a trans double bond: RDKit drops the
    stereo of smaller ones."""
    rings = mol.GetRingInfo()
    if max(map(len, rings.AtomRings()), default=0) < _LEAST_TRANS:
        return []
    atoms = [
        bond.GetBeginAtomIdx()
        for bond in mol.GetBonds()
        if bond.GetStereo() > Chem.BondStereo.STEREOANY
        and bond.IsInRing()
        and rings.MinBondRingSize(bond.GetIdx()) < _LEAST_TRANS_DRAWN
        and _is_trans(mol, bond)
    ]
    return sorted({name_ring_system(mol, system) for system in join_rings(mol) if system & set(atoms)})


@cache
def _patterns() -> dict[str, Chem.Mol]:
    return read_named_smarts(STRAINED)


@cache
def _read_bonds(aromatic: bool) -> Chem.Mol:
    """The double and triple bonds in rings, with or without the aromatic ones."""
    return read_smarts("*=,#,:;@*" if aromatic else "*=,#;@*")


def _is_cumulated(atom: Chem.Atom) -> bool:
    """Whether a carbon or nitrogen has two double bonds in a ring."""
    doubles = sum(bond.GetBondType() == _DOUBLE and bond.IsInRing() for bond in atom.GetBonds())
    return doubles > 1 and atom.GetAtomicNum() in (6, 7)


def _is_trans(mol: Chem.Mol, bond: Chem.Bond) -> bool:
    """Whether the smallest ring of a bond with stereo runs trans over it."""
    ends = {bond.GetBeginAtomIdx(), bond.GetEndAtomIdx()}
    around = [set(ring) for ring in mol.GetRingInfo().AtomRings() if ends <= set(ring)]
    ring = min(around, key=lambda atoms: len(atoms))
    flips = sum(atom not in ring for atom in bond.GetStereoAtoms())
    return (bond.GetStereo() in _OPPOSITE) ^ bool(flips % 2)


def _may_break_bredt(mol: Chem.Mol) -> bool:
    """Whether a ring is bridged or has less than five atoms: two fused rings of at least five have eight around."""
    return bool(rdMolDescriptors.CalcNumBridgeheadAtoms(mol)) or min(map(len, mol.GetRingInfo().AtomRings())) < 5


def _breaks_bredt(bond: Chem.Bond) -> bool:
    """Whether a double bond in a bicycle is trans in a ring of less than eight atoms, however its substituents lie.

    Each atom of the bond has one or two other neighbours in rings. In either arrangement some pairs of them are trans,
    and the smallest ring over such a pair must be large enough.
    """
    if bond.GetBondType() not in (_DOUBLE, _AROMATIC):
        return False
    first, second = bond.GetBeginAtom(), bond.GetEndAtom()
    left, right = _ring_neighbours(first, second), _ring_neighbours(second, first)
    if len(left) + len(right) < 3 or max(len(left), len(right)) > 2:
        return False
    block = {first.GetIdx(), second.GetIdx()}
    mol = bond.GetOwningMol()
    sizes = [[2 + _count_between(mol, a, b, block) for b in right] for a in left]
    if len(left) == len(right) == 2:
        arrangements: Iterable[float] = (min(sizes[0][1], sizes[1][0]), min(sizes[0][0], sizes[1][1]))
    else:
        arrangements = [size for row in sizes for size in row]
    return all(size < _LEAST_TRANS for size in arrangements)


def _ring_neighbours(atom: Chem.Atom, other: Chem.Atom) -> list[int]:
    return [
        bond.GetOtherAtomIdx(atom.GetIdx())
        for bond in atom.GetBonds()
        if bond.IsInRing() and bond.GetOtherAtomIdx(atom.GetIdx()) != other.GetIdx()
    ]


def _count_between(mol: Chem.Mol, start: int, end: int, block: set[int]) -> float:
    """The atoms of the shortest path from `start` to `end`, both included, past `block`; infinity without one."""
    for count, atoms in enumerate(_spread(mol, start, block), 1):
        if end in atoms:
            return count
    return math.inf


def _spread(mol: Chem.Mol, start: int, block: set[int]) -> Iterator[set[int]]:
    """The atoms that are 0, 1, 2, … bonds away."""
    seen, layer = block | {start}, {start}
    while layer:
        yield layer
        around = {atom.GetIdx() for i in layer for atom in mol.GetAtomWithIdx(i).GetNeighbors()}
        layer = around - seen
        seen = seen | layer
