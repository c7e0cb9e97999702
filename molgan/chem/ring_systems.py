"""Ring systems: all rings that share an atom, with what is bound to them by a double bond.

After P. Ertl, J. Cheminform. 13, 8 (2021).
"""

from collections.abc import Iterator

from rdkit import Chem

from molgan.chem.molecule import parse

_NAMES: dict[str, str] = {}
_MOST_NAMES = 200_000


def find_ring_systems(mol: Chem.Mol) -> list[str]:
    """The SMILES of a molecule's distinct ring systems, without stereo, in the order of their atoms. What hangs on a
    system by other than double bonds becomes hydrogen."""
    return list(dict.fromkeys(name_ring_system(mol, system) for system in join_rings(mol)))


def join_rings(mol: Chem.Mol) -> Iterator[set[int]]:
    """The atoms of each ring system, exocyclic ones aside, in the order of the atoms."""
    systems: list[set[int]] = []
    for ring in map(set, mol.GetRingInfo().AtomRings()):
        joined = [system for system in systems if system & ring]
        systems = [system for system in systems if not system & ring] + [ring.union(*joined)]
    yield from sorted(systems, key=min)


def name_ring_system(mol: Chem.Mol, system: set[int]) -> str:
    """The SMILES of the ring system of these atoms."""
    atoms = set(system)
    for i in system:
        for bond in mol.GetAtomWithIdx(i).GetBonds():
            if bond.GetBondType() == Chem.BondType.DOUBLE and not bond.IsInRing():
                atoms.add(bond.GetOtherAtomIdx(i))
    # Keyed by the text of the part as it stands, though it may not be a molecule: few texts occur very often.
    part = Chem.MolFragmentToSmiles(mol, sorted(atoms), isomericSmiles=False, allHsExplicit=True)
    if part not in _NAMES:
        if len(_NAMES) >= _MOST_NAMES:
            _NAMES.clear()
        _NAMES[part] = _cap_with_hydrogens(mol, atoms) or part
    return _NAMES[part]


def _cap_with_hydrogens(mol: Chem.Mol, atoms: set[int]) -> str | None:
    """The SMILES of a part, hydrogens in place of what it was bound to; None where that is invalid."""
    part = Chem.RWMol(mol)
    for i in atoms:
        atom = part.GetAtomWithIdx(i)
        lost = [bond for bond in atom.GetBonds() if bond.GetOtherAtomIdx(i) not in atoms]
        atom.SetChiralTag(Chem.ChiralType.CHI_UNSPECIFIED)
        if lost and (atom.GetNoImplicit() or atom.GetIsAromatic()):
            shown = not atom.GetIsAromatic() or _shows_hydrogens(atom)
            atom.SetNumExplicitHs(atom.GetNumExplicitHs() + len(lost) * shown)
    part.BeginBatchEdit()
    for atom in part.GetAtoms():
        if atom.GetIdx() not in atoms:
            part.RemoveAtom(atom.GetIdx())
    part.CommitBatchEdit()
    smiles = Chem.MolToSmiles(part, isomericSmiles=False)
    return parse(smiles).smiles


def _shows_hydrogens(atom: Chem.Atom) -> bool:
    """Whether an aromatic atom shows its hydrogens in SMILES: not carbon."""
    return bool(atom.GetAtomicNum() != 6)
