"""Ring systems that differ from another by isosteric atoms, such as a pyridine for a benzene ring."""

from collections.abc import Iterator
from functools import lru_cache

from rdkit import Chem, rdBase

from molgan.chem.molecule import parse

# By what an atom binds: aromatic with and without a lone pair in the ring, saturated with two or three bonds in rings.
_AROMATIC = {"c": ("n",), "n": ("c",), "nH": ("o", "s"), "o": ("nH", "s"), "s": ("nH", "o")}
_ALIPHATIC = {6: (7, 8, 16), 7: (6, 8, 16), 8: (6, 7, 16), 16: (6, 7, 8)}
_VALENCE = {6: 4, 7: 3, 8: 2, 16: 2}
_NUMBERS = {"c": 6, "n": 7, "nH": 7, "o": 8, "s": 16}


@lru_cache(maxsize=20_000)
def replace_atoms(ring: str) -> frozenset[str]:
    """The ring systems, as canonical SMILES, with one ring atom of `ring` replaced: aromatic CH by N; NH, O and S by
    each other; others by C, N, O or S where the valence allows."""
    mol = Chem.MolFromSmiles(ring)
    if mol is None:
        return frozenset()
    with rdBase.BlockLogs():
        changed = (_write(mol, i, number, hydrogens) for i, number, hydrogens in _list_changes(mol))
        return frozenset(smiles for smiles in changed if smiles is not None) - {ring}


def _list_changes(mol: Chem.Mol) -> Iterator[tuple[int, int, int]]:
    """Atom, element and explicit hydrogens of each change."""
    for atom in mol.GetAtoms():
        if not atom.IsInRing() or atom.GetFormalCharge():
            continue
        if atom.GetIsAromatic():
            if atom.GetDegree() == 2:
                kind = atom.GetSymbol().lower() + "H" * (atom.GetAtomicNum() == 7 and atom.GetTotalNumHs())
                for other in _AROMATIC.get(kind, ()):
                    yield atom.GetIdx(), _NUMBERS[other], int(other == "nH")
            continue
        used = sum(bond.GetBondTypeAsDouble() for bond in atom.GetBonds())
        for number in _ALIPHATIC.get(atom.GetAtomicNum(), ()):
            if used <= _VALENCE[number]:
                yield atom.GetIdx(), number, 0


def _write(mol: Chem.Mol, i: int, number: int, hydrogens: int) -> str | None:
    changed = Chem.RWMol(mol)
    atom = changed.GetAtomWithIdx(i)
    atom.SetAtomicNum(number)
    atom.SetNoImplicit(bool(hydrogens))
    atom.SetNumExplicitHs(hydrogens)
    if Chem.SanitizeMol(changed, catchErrors=True) != Chem.SanitizeFlags.SANITIZE_NONE:
        return None
    return parse(Chem.MolToSmiles(changed)).smiles
