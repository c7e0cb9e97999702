"""Small changes of single atoms and bonds, which no exchange of motifs can make: change an element or a bond order, add
or remove an atom, open or close a ring, move a substituent to a neighbouring atom.

The changes are those of Jensen 2019 ("A graph-based genetic algorithm"), made on the Kekulé form. Results that RDKit's
valence model refuses are discarded, and so are rings of more than eight atoms and what is not sound (`soundness.py`):
suspicious groups, strained rings and bonds between heteroatoms that were not there before. Bonds of charged atoms stay,
so that nitro groups stay whole. Dummy atoms stand for the atom that a `bound` tree hangs on, and for holes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

import numpy as np
from rdkit import Chem, rdBase

from molgan.chem.motifs import Motif, cut, write
from molgan.chem.stereo import UnknownStereo
from molgan.graphs.motif.actions import HOLE, WRITTEN_HOLE
from molgan.graphs.motif.trees import replace_leaves
from molgan.training.design.soundness import is_sound

_SINGLE, _DOUBLE, _TRIPLE = Chem.BondType.SINGLE, Chem.BondType.DOUBLE, Chem.BondType.TRIPLE
_ORDERS = (_SINGLE, _DOUBLE, _TRIPLE)
_VALENCE = {6: 4, 7: 3, 8: 2, 16: 2, 9: 1, 17: 1}
_ELEMENTS = (6,) * 7 + (7,) * 5 + (8,) * 4 + (16,) + (9,) * 2 + (17,)  # repeated by how often they are drawn
_LARGEST = 8  # atoms of a ring that a change may make
T = TypeVar("T")


def mutate_atom(tree: Motif, rng: np.random.Generator, *, max_atoms: int, bound: bool = False) -> Motif | None:
    """The tree of a molecule that differs from that of `tree` by one atom or bond; None where the drawn change is not
    possible. It is rooted at random, or, if `bound`, where it hangs. Holes in a bound tree are kept."""
    with rdBase.BlockLogs():
        mol = _kekule(replace_leaves(tree, HOLE, WRITTEN_HOLE), bound)
        if mol is None or not _heavy(mol):
            return None
        largest = max(_LARGEST, _largest_ring(mol))
        if not _pick(_MOVES, rng)(mol, rng):
            return None
        root = _remove_dummy(mol) if bound else int(rng.integers(mol.GetNumAtoms()))
        if root is None or mol.GetNumAtoms() > max_atoms or not _is_valid(mol, largest, root if bound else None):
            return None
        try:
            child = replace_leaves(cut(mol.GetMol(), root), WRITTEN_HOLE, HOLE)
        except UnknownStereo:
            return None
        return child if is_sound(child, tree, bound=bound, makes_rings=True) else None


def _kekule(tree: Motif, bound: bool) -> Chem.RWMol | None:
    """The molecule in Kekulé form, with implicit hydrogens that follow changes; if `bound`, with a labelled dummy at
    its root, which is the first atom of its SMILES."""
    parsed = Chem.MolFromSmiles(write(tree))
    if parsed is None:
        return None
    mol = Chem.RWMol(parsed)
    Chem.Kekulize(mol, clearAromaticFlags=True)
    for atom in mol.GetAtoms():
        if not atom.GetNumRadicalElectrons():
            atom.SetNoImplicit(False)
            atom.SetNumExplicitHs(0)
    if bound:
        dummy = mol.AddAtom(Chem.Atom(0))
        mol.GetAtomWithIdx(dummy).SetIsotope(1)
        mol.AddBond(0, dummy, _SINGLE)
    mol.UpdatePropertyCache(strict=False)
    Chem.GetSSSR(mol)
    return mol


def _remove_dummy(mol: Chem.RWMol) -> int | None:
    """Remove the labelled dummy; returns the atom it was bound to, None if that cannot be a root."""
    dummy = next(atom for atom in mol.GetAtoms() if not atom.GetAtomicNum() and atom.GetIsotope())
    (bond,) = dummy.GetBonds()
    root, order, last = bond.GetOtherAtomIdx(dummy.GetIdx()), bond.GetBondType(), dummy.GetIdx()
    mol.RemoveAtom(last)
    return root - (last < root) if order == _SINGLE else None


def _is_valid(mol: Chem.RWMol, largest: int, hangs: int | None) -> bool:
    """Whether a changed molecule, made aromatic here, is one valid piece without overlarge rings, and can hang by the
    atom `hangs`."""
    if Chem.SanitizeMol(mol, catchErrors=True) != Chem.SanitizeFlags.SANITIZE_NONE:
        return False
    Chem.AssignStereochemistry(mol, cleanIt=True, force=True)
    return (
        len(Chem.GetMolFrags(mol)) == 1
        and _largest_ring(mol) <= largest
        # Sulfur may have a lower valence after the change, and then no hydrogen.
        and (hangs is None or mol.GetAtomWithIdx(hangs).GetTotalNumHs() > 0)
    )


def _largest_ring(mol: Chem.Mol) -> int:
    return max(map(len, mol.GetRingInfo().AtomRings()), default=0)


def _element(mol: Chem.RWMol, rng: np.random.Generator) -> bool:
    """Change the element of an atom."""
    atom = _pick(_heavy(mol), rng)
    other = _pick(_ELEMENTS, rng)
    if other == atom.GetAtomicNum() or atom.GetFormalCharge() or _bonded(atom) > _VALENCE[other]:
        return False
    atom.SetAtomicNum(other)
    return True


def _order(mol: Chem.RWMol, rng: np.random.Generator) -> bool:
    """Change the order of a bond."""
    bonds = _bonds(mol, dummy=False)
    if not bonds:
        return False
    bond, order = _pick(bonds, rng), _pick(_ORDERS, rng)
    more = _ORDERS.index(order) - _ORDERS.index(bond.GetBondType()) if bond.GetBondType() in _ORDERS else 0
    if not more or min(_free(bond.GetBeginAtom()), _free(bond.GetEndAtom())) < more:
        return False
    bond.SetBondType(order)
    return True


def _append(mol: Chem.RWMol, rng: np.random.Generator) -> bool:
    """Add an atom in place of one hydrogen or of two."""
    at, element = _pick(_heavy(mol), rng), _pick(_ELEMENTS, rng)
    most = min(_free(at), _VALENCE[element], 2)
    if not most:
        return False
    order = _ORDERS[most - 1] if rng.random() < 0.3 else _SINGLE
    mol.AddBond(at.GetIdx(), mol.AddAtom(Chem.Atom(element)), order)
    return True


def _insert(mol: Chem.RWMol, rng: np.random.Generator) -> bool:
    """Insert an atom into a single bond, which may be the bond that the whole molecule hangs by."""
    singles = [bond for bond in _bonds(mol) if bond.GetBondType() == _SINGLE]
    element = _pick(_ELEMENTS, rng)
    if not singles or _VALENCE[element] < 2:
        return False
    bond = _pick(singles, rng)
    ends = bond.GetBeginAtomIdx(), bond.GetEndAtomIdx()
    new = mol.AddAtom(Chem.Atom(element))
    mol.RemoveBond(*ends)
    for end in ends:
        mol.AddBond(end, new, _SINGLE)
    return True


def _delete(mol: Chem.RWMol, rng: np.random.Generator) -> bool:
    """Remove a terminal atom, or an atom with two neighbours, which are then bonded to each other."""
    atom = _pick(_heavy(mol), rng)
    around = [each.GetIdx() for each in atom.GetNeighbors()]
    if any(_is_charged(bond) for bond in atom.GetBonds()):
        return False
    if len(around) == 2 and mol.GetBondBetweenAtoms(*around) is None:
        mol.AddBond(around[0], around[1], _SINGLE)
    elif len(around) != 1 or not mol.GetAtomWithIdx(around[0]).GetAtomicNum():
        return False
    mol.RemoveAtom(atom.GetIdx())
    return True


def _close(mol: Chem.RWMol, rng: np.random.Generator) -> bool:
    """Close a ring of three to seven atoms, most often of five or six."""
    distance = Chem.GetDistanceMatrix(mol)
    wanted = _pick((2, 3, 4, 4, 4, 5, 5, 5, 6), rng)
    open_ = [atom.GetIdx() for atom in _heavy(mol) if _free(atom)]
    pairs = [(a, b) for a in open_ for b in open_ if a < b and distance[a, b] == wanted]
    if not pairs:
        return False
    mol.AddBond(*_pick(pairs, rng), _SINGLE)
    return True


def _open(mol: Chem.RWMol, rng: np.random.Generator) -> bool:
    """Open a ring by removing one of its bonds."""
    bonds = [bond for bond in _bonds(mol, dummy=False) if bond.IsInRing()]
    if not bonds:
        return False
    bond = _pick(bonds, rng)
    mol.RemoveBond(bond.GetBeginAtomIdx(), bond.GetEndAtomIdx())
    return True


def _shift(mol: Chem.RWMol, rng: np.random.Generator) -> bool:
    """Move a substituent to a neighbouring atom; it may be the atom that the whole molecule hangs on."""
    bonds = [bond for bond in _bonds(mol) if bond.GetBondType() == _SINGLE and not bond.IsInRing()]
    if not bonds:
        return False
    bond = _pick(bonds, rng)
    ends = [bond.GetBeginAtom(), bond.GetEndAtom()]
    stays, moves = ends if rng.random() < 0.5 else ends[::-1]
    rooms = [each for each in stays.GetNeighbors() if each.GetIdx() != moves.GetIdx() and _free(each)]
    if not rooms:
        return False
    mol.RemoveBond(stays.GetIdx(), moves.GetIdx())
    mol.AddBond(_pick(rooms, rng).GetIdx(), moves.GetIdx(), _SINGLE)
    return True


_Move = Callable[[Chem.RWMol, np.random.Generator], bool]
_MOVES: tuple[_Move, ...] = (_element, _order, _append, _insert, _delete, _close, _open, _shift)


def _heavy(mol: Chem.Mol) -> list[Chem.Atom]:
    return [atom for atom in mol.GetAtoms() if atom.GetAtomicNum()]


def _bonds(mol: Chem.Mol, *, dummy: bool = True) -> list[Chem.Bond]:
    """The bonds without a charged atom, with or without those of dummies."""
    free = [bond for bond in mol.GetBonds() if not _is_charged(bond)]
    return free if dummy else [b for b in free if b.GetBeginAtom().GetAtomicNum() and b.GetEndAtom().GetAtomicNum()]


def _is_charged(bond: Chem.Bond) -> bool:
    return bool(bond.GetBeginAtom().GetFormalCharge() or bond.GetEndAtom().GetFormalCharge())


def _free(atom: Chem.Atom) -> int:
    """The number of hydrogens; 0 for a dummy."""
    return int(atom.GetTotalNumHs()) if atom.GetAtomicNum() else 0


def _bonded(atom: Chem.Atom) -> int:
    """The valence used by bonds to heavy atoms and the dummy."""
    total: float = sum(bond.GetBondTypeAsDouble() for bond in atom.GetBonds())
    return round(total)


def _pick(items: Sequence[T], rng: np.random.Generator) -> T:
    return items[int(rng.integers(len(items)))]
