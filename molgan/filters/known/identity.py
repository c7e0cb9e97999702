"""When two molecules are the same one."""

from dataclasses import dataclass

from rdkit import Chem, rdBase
from rdkit.Chem import rdMolHash

from molgan.chem.molecule import Molecule, standardise
from molgan.chem.stereo import without_stereo


@dataclass(frozen=True, slots=True)
class Sameness:
    """What does not tell molecules apart: `stereo`; `salts`, that is counter-ions, solvents and the charges that a
    proton balances; `tautomers`, by RDKit's hash HetAtomTautomerv2. Isotopes always do."""

    stereo: bool = False
    salts: bool = False
    tautomers: bool = False

    def find_parent(self, molecule: Molecule) -> Molecule:
        """The molecule without its salt if that is ignored, unless nothing is left of it then."""
        if not self.salts:
            return molecule
        parent = standardise(molecule)
        return parent if parent.valid else molecule

    def identify(self, molecule: Molecule) -> str:
        """The text that equal molecules share: by default the canonical isomeric SMILES. Raises ValueError for
        invalid input."""
        parent = self.find_parent(molecule)
        if parent.smiles is None or parent.mol is None:
            raise ValueError(f"not a molecule: {molecule.reason}")
        smiles, mol = parent.smiles, parent.mol
        if self.stereo and any(mark in smiles for mark in "@/\\"):
            mol = without_stereo(mol)
            smiles = Chem.MolToSmiles(mol)
        return _hash_tautomers(mol) if self.tautomers else str(smiles)


def _hash_tautomers(mol: Chem.Mol) -> str:
    with rdBase.BlockLogs():
        # A copy: the hash marks the molecule that it is given.
        return str(rdMolHash.MolHash(Chem.Mol(mol), rdMolHash.HashFunction.HetAtomTautomerv2))
