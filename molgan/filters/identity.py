"""When two molecules are the same one."""

from dataclasses import dataclass
from functools import cache
from typing import Any

from rdkit import Chem, rdBase
from rdkit.Chem import rdMolHash

from molgan.chem.molecule import Molecule, parse, standardise


@dataclass(frozen=True, slots=True)
class Sameness:
    """What does not tell molecules apart: `stereo`; `salts`, that is counter-ions, solvents and the charges that a
    proton balances; `tautomers`, by RDKit's hash HetAtomTautomerv2. Isotopes always do."""

    stereo: bool = False
    salts: bool = False
    tautomers: bool = False

    def parent(self, molecule: Molecule) -> Molecule:
        """The molecule without its salt if that is ignored, unless nothing is left of it then."""
        if not self.salts:
            return molecule
        parent = standardise(molecule)
        return _protonated(parent) if parent.valid else molecule

    def identity(self, molecule: Molecule) -> str:
        """The text that equal molecules share: by default the canonical isomeric SMILES, and otherwise a function of
        it, so that what is equal without an option is equal with it. Raises ValueError for an invalid molecule."""
        if molecule.smiles is None:
            raise ValueError(f"not a molecule: {molecule.reason}")
        if self == Sameness():
            return molecule.smiles
        # Read again: what RDKit makes of a molecule can depend on the spelling that it came in.
        parent = self.parent(parse(molecule.smiles))
        if self.stereo and parent.mol and any(mark in str(parent.smiles) for mark in "@/\\"):
            parent = _flat(parent.source, parent.mol)
        return _tautomers(parent.mol) if self.tautomers and parent.mol else str(parent.smiles)


def _protonated(molecule: Molecule) -> Molecule:
    """The molecule with a proton on each acid, also where a cation without protons would balance it: a betaine is then
    its own hydrochloride."""
    if "+" not in str(molecule.smiles) or "-]" not in str(molecule.smiles):
        return molecule
    with rdBase.BlockLogs():
        neutral = parse(Chem.MolToSmiles(_uncharger().uncharge(molecule.mol)))
    return neutral if neutral.valid else molecule


@cache
def _uncharger() -> Any:
    from rdkit.Chem.MolStandardize import rdMolStandardize

    return rdMolStandardize.Uncharger(canonicalOrder=True, force=True)


def _flat(source: str, mol: Chem.Mol) -> Molecule:
    flat = Chem.Mol(mol)
    Chem.RemoveStereochemistry(flat)
    # Read again: aromaticity and ranks can depend on how the molecule came to be.
    again = parse(Chem.MolToSmiles(flat))
    return again if again.valid else Molecule(source, Chem.MolToSmiles(flat), flat, None)


def _tautomers(mol: Chem.Mol) -> str:
    """RDKit's hash depends on the order of bonds (rdkit/rdkit#7953): a thiol beside an aromatic ring may or may not
    count as mobile. So it is taken from each such place as well, and the one with most mobile bonds is the answer."""
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
    return Chem.MolFromSmarts("[N,O,S;!H0]-a")
