"""The local chemistry of a molecule as texts that can be counted: atoms with their neighbours, and bonds between
heteroatoms. The order of the atoms makes no difference; stereo is left out."""

from collections.abc import Iterator, Sequence

from rdkit import Chem

_SYMBOLS = {
    Chem.BondType.SINGLE: "-",
    Chem.BondType.DOUBLE: "=",
    Chem.BondType.TRIPLE: "#",
    Chem.BondType.AROMATIC: ":",
}
_PLAIN = (1, 6)  # hydrogen and carbon: no heteroatoms


def find_environments(mol: Chem.Mol) -> list[str]:
    """The distinct atom environments of radius 1, sorted: `[NH;R](-C)(:c)` is a nitrogen in a ring with one hydrogen.

    The centre has its element (lower case if aromatic), hydrogens, charge, and R in a ring; each neighbour its bond,
    element and charge, and its hydrogens unless it is carbon, so that a hemiaminal is no N,O-acetal.
    """
    return sorted({text for text, _ in locate_environments(mol)})


def locate_environments(mol: Chem.Mol) -> Iterator[tuple[str, int]]:
    """The environment of each atom, as of `find_environments`, and the atom, in the order of the atoms."""
    names = _name_atoms(mol)
    for atom in mol.GetAtoms():
        i = atom.GetIdx()
        around = sorted(f"({_bond_symbol(bond)}{names[bond.GetOtherAtomIdx(i)]})" for bond in atom.GetBonds())
        centre = _name(atom, hydrogens=True)
        yield f"[{centre}{';R' if atom.IsInRing() else ''}]{''.join(around)}", i


def find_hetero_bonds(mol: Chem.Mol) -> list[str]:
    """The distinct bonds between two atoms that are neither carbon nor hydrogen, sorted: `N(-C')(-H)-OH` is that of a
    hydroxamic acid.

    Each end has its element, charge and hydrogens, and its other neighbours by bond and element; a prime marks a
    neighbour with a double bond to a heteroatom (an acyl or sulfonyl group). `@` is a bond in a ring.
    """
    return sorted({text for text, *_ in locate_hetero_bonds(mol)})


def locate_hetero_bonds(mol: Chem.Mol) -> Iterator[tuple[str, int, int]]:
    """The bonds of `find_hetero_bonds`, each with its two atoms, in the order of the bonds."""
    names: Sequence[str] = ()
    for bond in mol.GetBonds():
        ends = bond.GetBeginAtom(), bond.GetEndAtom()
        if any(atom.GetAtomicNum() in _PLAIN for atom in ends):
            continue
        names = names or _name_atoms(mol)
        first, second = sorted(_name_end(atom, bond, names) for atom in ends)
        text = f"{first}{_bond_symbol(bond)}{'@' if bond.IsInRing() else ''}{second}"
        yield text, bond.GetBeginAtomIdx(), bond.GetEndAtomIdx()


def _name_end(atom: Chem.Atom, across: Chem.Bond, names: Sequence[str]) -> str:
    others = [bond for bond in atom.GetBonds() if bond.GetIdx() != across.GetIdx()]
    around = sorted(
        f"({_bond_symbol(bond)}{names[other.GetIdx()]}{_mark_acyl(other)})"
        for bond in others
        for other in [bond.GetOtherAtom(atom)]
    )
    return _name(atom, hydrogens=True) + "".join(around)


def _mark_acyl(atom: Chem.Atom) -> str:
    return "'" * any(
        bond.GetBondType() == Chem.BondType.DOUBLE and bond.GetOtherAtom(atom).GetAtomicNum() not in _PLAIN
        for bond in atom.GetBonds()
    )


def _name_atoms(mol: Chem.Mol) -> list[str]:
    return [_name(atom, hydrogens=atom.GetAtomicNum() != 6) for atom in mol.GetAtoms()]


def _name(atom: Chem.Atom, *, hydrogens: bool) -> str:
    symbol: str = atom.GetSymbol().lower() if atom.GetIsAromatic() else atom.GetSymbol()
    count, charge = atom.GetTotalNumHs() if hydrogens else 0, atom.GetFormalCharge()
    return f"{symbol}{'H' if count else ''}{count if count > 1 else ''}{f'{charge:+d}' if charge else ''}"


def _bond_symbol(bond: Chem.Bond) -> str:
    return _SYMBOLS.get(bond.GetBondType(), "~")
