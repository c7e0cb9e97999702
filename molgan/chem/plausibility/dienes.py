"""Carbocyclic dienes, which become arenes or dimers; a search that looks for flat carbon comes to them."""

from functools import lru_cache

from rdkit import Chem

_LARGEST = 8  # atoms of a ring; larger ones are polyenes of natural products
_DOUBLE = Chem.BondType.DOUBLE


@lru_cache(maxsize=200_000)
def has_carbocyclic_diene(ring: str) -> bool:
    """Whether a ring system, given by its SMILES, has a ring of carbon alone with two double bonds that are not
    aromatic and no double bond out of the ring, as cyclohexadienes, cyclopentadienes and cycloheptatrienes have."""
    mol = Chem.MolFromSmiles(ring)
    return mol is not None and any(_is_diene(mol, bonds) for bonds in mol.GetRingInfo().BondRings())


def _is_diene(mol: Chem.Mol, numbers: tuple[int, ...]) -> bool:
    bonds = [mol.GetBondWithIdx(number) for number in numbers]
    atoms = [atom for bond in bonds for atom in (bond.GetBeginAtom(), bond.GetEndAtom())]
    if len(bonds) > _LARGEST or any(atom.GetAtomicNum() != 6 for atom in atoms):
        return False
    inner = sum(bond.GetBondType() == _DOUBLE for bond in bonds)
    every = {bond.GetIdx() for atom in atoms for bond in atom.GetBonds() if bond.GetBondType() == _DOUBLE}
    return inner >= 2 and len(every) == inner
