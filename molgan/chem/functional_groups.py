"""The functional groups of a molecule, without a list of them: heteroatoms, and the carbon atoms that make a group with
them.

P. Ertl, J. Cheminform. 9, 36 (2017). Aromatic atoms are left to the ring systems.
"""

from collections.abc import Iterable
from functools import cache

from rdkit import Chem

from molgan.chem.smarts import read_smarts

_HETEROATOMS = "[!#6;!#1;!#0;!a]"
_CARBONS = (
    "[C;!a]=,#[!#6]",  # bound to a heteroatom by a double or triple bond
    "[C;!a]=,#[C;!a]",
    "[CX4](-[O,N,S])-[O,N,S]",  # acetals
    "[CX4;r3]1-[O,N,S]-[CX4]-1",  # epoxides, aziridines, thiiranes
)


def find_functional_groups(mol: Chem.Mol) -> list[str]:
    """The SMILES of a molecule's distinct functional groups, sorted; `*` is an atom outside the group, so that
    `*NC(*)=O` is a secondary amide and `*C(=O)N(*)*` a tertiary one. Stereo is left out."""
    heteroatoms, *carbons = _read_patterns()
    marked = {i for (i,) in mol.GetSubstructMatches(heteroatoms)}
    for pattern in carbons:
        marked.update(match[0] for match in mol.GetSubstructMatches(pattern, uniquify=False))
    symbols = ["*"] * mol.GetNumAtoms()
    return sorted({_name_group(mol, group, symbols) for group in _connect(mol, marked)})


def _connect(mol: Chem.Mol, marked: set[int]) -> Iterable[dict[int, Chem.Atom]]:
    """The connected sets of the marked atoms, with the atoms by their indices."""
    left = set(marked)
    while left:
        front = [left.pop()]
        group = {}
        while front:
            i = front.pop()
            group[i] = atom = mol.GetAtomWithIdx(i)
            near = {other.GetIdx() for other in atom.GetNeighbors()} & left
            left -= near
            front += near
        yield group


def _name_group(mol: Chem.Mol, group: dict[int, Chem.Atom], symbols: list[str]) -> str:
    atoms, bonds = set(group), set()
    for i, atom in group.items():
        for bond in atom.GetBonds():
            atoms.add(bond.GetOtherAtomIdx(i))
            bonds.add(bond.GetIdx())
    own = list(symbols)
    for i, atom in group.items():
        own[i] = _write_atom(atom)
    text = Chem.MolFragmentToSmiles(mol, sorted(atoms), sorted(bonds), own, isomericSmiles=False)
    return _rewrite(text)


def _write_atom(atom: Chem.Atom) -> str:
    hydrogens, charge = atom.GetTotalNumHs(), atom.GetFormalCharge()
    shown = f"H{hydrogens}" if hydrogens else ""
    return f"[{atom.GetSymbol()}{shown}{f'{charge:+d}' if charge else ''}]"


@cache
def _rewrite(text: str) -> str:
    """The canonical SMILES, without needless brackets; the text itself where RDKit cannot read it."""
    mol = Chem.MolFromSmiles(text)
    return text if mol is None else str(Chem.MolToSmiles(mol))


@cache
def _read_patterns() -> list[Chem.Mol]:
    return [read_smarts(text) for text in (_HETEROATOMS, *_CARBONS)]
