"""Ligands for docking: from SMILES to 3D to PDBQT, and from a docked PDBQT back to a molecule."""

from typing import Any

from rdkit import Chem
from rdkit.Chem import rdDistGeom, rdForceFieldHelpers, rdMolAlign


def embed(smiles: str, seed: int) -> Chem.Mol:
    """A molecule with hydrogens and one conformer; the same seed gives the same one.

    ETKDGv3 (S. Wang et al., JCIM 60, 2044 (2020)), then MMFF94 where it has parameters. Charges stay as written; a
    stereocentre that the SMILES leaves open becomes one or the other. Raises ValueError.
    """
    mol = Chem.AddHs(Chem.MolFromSmiles(smiles))
    if not any(_embed(mol, seed, random) for random in (False, True)):
        raise ValueError("no 3D structure found")
    if rdForceFieldHelpers.MMFFHasAllMoleculeParams(mol):
        rdForceFieldHelpers.MMFFOptimizeMolecule(mol, maxIters=500)
    return mol


def _embed(mol: Chem.Mol, seed: int, random: bool) -> bool:
    parameters: Any = rdDistGeom.ETKDGv3()
    parameters.randomSeed = seed
    parameters.useRandomCoords = random
    return rdDistGeom.EmbedMolecule(mol, parameters) == 0


def to_pdbqt(mol: Chem.Mol) -> str:
    """The flexible ligand by Meeko, with AutoDock's atom types. Raises ValueError."""
    from meeko import MoleculePreparation, PDBQTWriterLegacy

    if len(Chem.GetMolFrags(mol)) > 1:
        raise ValueError("more than one fragment")
    (setup, *_) = MoleculePreparation().prepare(mol)
    text, fine, reason = PDBQTWriterLegacy.write_string(setup)
    if not fine:
        raise ValueError(" ".join(str(reason).split()) or "no PDBQT")
    return str(text)


def from_pdbqt(text: str) -> Chem.Mol:
    """The docked molecule, hydrogens included, of the first pose in PDBQT that Meeko's ligand became."""
    from meeko import PDBQTMolecule, RDKitMolCreate

    mol: Chem.Mol | None
    (mol, *_) = RDKitMolCreate.from_pdbqt_mol(PDBQTMolecule(text, skip_typing=True))
    if mol is None:
        raise ValueError("the pose cannot be read")
    return mol


def rmsd(pose: Chem.Mol, reference: Chem.Mol) -> float:
    """Root mean square deviation of heavy atoms in Å, as the molecules lie, over the symmetry that makes it least.

    Raises RuntimeError unless both are the same molecule, charges aside.
    """
    return float(rdMolAlign.CalcRMS(_take_charges(pose), _take_charges(reference)))


def _take_charges(mol: Chem.Mol) -> Chem.Mol:
    bare = Chem.Mol(Chem.RemoveHs(mol))
    for atom in bare.GetAtoms():
        atom.SetFormalCharge(0)
    return bare
