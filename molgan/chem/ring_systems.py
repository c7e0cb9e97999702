"""Ring systems: all rings that share an atom, with what is bound to them by a double bond.

After P. Ertl, J. Cheminform. 13, 8 (2021).
"""

from collections.abc import Iterator

from rdkit import Chem

from molgan.chem.molecule import parse

_NAMES: dict[tuple[str, tuple[int, ...]], str] = {}
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
    # Keyed by the text of the part as it stands, though it may not be a molecule: few texts occur very often. Which of
    # its atoms are to get hydrogens is not in the text: 1H- and 2H-tetrazole have the same.
    part = Chem.MolFragmentToSmiles(mol, sorted(atoms), isomericSmiles=False, allHsExplicit=True)
    order = mol.GetProp("_smilesAtomOutputOrder").strip("[,]").split(",")
    key = part, tuple(_count_gained(mol.GetAtomWithIdx(int(i)), atoms) for i in order)
    if key not in _NAMES:
        if len(_NAMES) >= _MOST_NAMES:
            _NAMES.clear()
        _NAMES[key] = _cap_with_hydrogens(mol, atoms) or part
    return _NAMES[key]


def _cap_with_hydrogens(mol: Chem.Mol, atoms: set[int]) -> str | None:
    """The SMILES of a part, hydrogens in place of what it was bound to; None where that is invalid."""
    part = Chem.RWMol(mol)
    for i in atoms:
        atom = part.GetAtomWithIdx(i)
        atom.SetChiralTag(Chem.ChiralType.CHI_UNSPECIFIED)
        if gained := _count_gained(atom, atoms):
            atom.SetNumExplicitHs(atom.GetNumExplicitHs() + gained)
    part.BeginBatchEdit()
    for atom in part.GetAtoms():
        if atom.GetIdx() not in atoms:
            part.RemoveAtom(atom.GetIdx())
    part.CommitBatchEdit()
    smiles = Chem.MolToSmiles(part, isomericSmiles=False)
    return parse(smiles).smiles


def _count_gained(atom: Chem.Atom, atoms: set[int]) -> int:
    """The explicit hydrogens that an atom of a part gets in place of bonds to other atoms: none where RDKit adds them,
    nor at aromatic carbon, whose hydrogens SMILES does not show."""
    gains = atom.GetAtomicNum() != 6 if atom.GetIsAromatic() else atom.GetNoImplicit()
    return sum(bond.GetOtherAtomIdx(atom.GetIdx()) not in atoms for bond in atom.GetBonds()) if gains else 0
