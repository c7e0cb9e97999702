"""The equality of molecules."""

from dataclasses import dataclass
from functools import cache
from typing import Any

from rdkit import Chem, rdBase
from rdkit.Chem import rdMolHash

from molgan.chem.canonical import write_canonical
from molgan.chem.molecule import Molecule, parse
from molgan.chem.smarts import read_smarts
from molgan.chem.standardise import standardise
from molgan.chem.stereo import remove_stereo


@dataclass(frozen=True, slots=True)
class Sameness:
    """The differences that are ignored when molecules are compared: `stereo`; `salts`, that is counter-ions, solvents
    and the charges that a proton balances; `tautomers`, by RDKit's hash HetAtomTautomerv2. Isotopes always differ."""

    stereo: bool = False
    salts: bool = False
    tautomers: bool = False

    def find_parent(self, molecule: Molecule) -> Molecule:
        """The molecule without its salts if they are ignored and anything is left without them."""
        if not self.salts:
            return molecule
        parent = standardise(molecule)
        return _protonate(parent) if parent.valid else molecule

    def identify(self, molecule: Molecule) -> str:
        """The text that equal molecules share: by default the canonical isomeric SMILES, otherwise a function of it, so
        that molecules that are equal without an option are equal with it. Raises ValueError for an invalid molecule."""
        # Read again, since RDKit's result can depend on how the molecule was written.
        parent = molecule if self == Sameness() else self.find_parent(parse(molecule.smiles))
        if parent.smiles is None or parent.mol is None:
            raise ValueError(f"not a molecule: {molecule.reason}")
        smiles, mol = parent.smiles, parent.mol
        if self.stereo and any(mark in smiles for mark in "@/\\"):
            smiles, mol = write_canonical(remove_stereo(mol))
        return _hash_tautomers(mol) if self.tautomers else smiles


def _protonate(molecule: Molecule) -> Molecule:
    """The molecule with a proton on each acid, also where a cation without protons balances it: a betaine then equals
    its hydrochloride."""
    if "+" not in str(molecule.smiles) or "-]" not in str(molecule.smiles):
        return molecule
    with rdBase.BlockLogs():
        neutral = parse(Chem.MolToSmiles(_uncharger().uncharge(molecule.mol)))
    return neutral if neutral.valid else molecule


@cache
def _uncharger() -> Any:
    from rdkit.Chem.MolStandardize import rdMolStandardize

    return rdMolStandardize.Uncharger(canonicalOrder=True, force=True)


def _hash_tautomers(mol: Chem.Mol) -> str:
    """The tautomer hash of a molecule.

    RDKit's hash depends on the order of bonds: a thiol next to an aromatic ring may or may not count as mobile. So the
    hash is also computed from each such place, and the one with the most mobile bonds is taken.
    """
    places = [place for place, _ in mol.GetSubstructMatches(_mobile_beside_ring())]
    spelled = [Chem.MolFromSmiles(Chem.MolToSmiles(mol, rootedAtAtom=place)) for place in places]
    with rdBase.BlockLogs():
        # A copy: the hash marks the molecule that it is given.
        hashes = [
            str(rdMolHash.MolHash(Chem.Mol(each), rdMolHash.HashFunction.HetAtomTautomerv2))
            for each in (mol, *spelled)
            if each is not None
        ]
    return max(hashes, key=lambda text: (text.count(":"), text))


@cache
def _mobile_beside_ring() -> Chem.Mol:
    return read_smarts("[N,O,S;!H0]-a")
