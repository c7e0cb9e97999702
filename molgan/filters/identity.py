"""When two molecules are the same one."""

from rdkit import Chem

from molgan.chem.molecule import Molecule, parse


def identity(molecule: Molecule, *, ignore_stereo: bool) -> str:
    """The text that equal molecules share: canonical isomeric SMILES, without stereo if that is ignored.

    Charges, isotopes, tautomers and salts tell molecules apart. The molecule must be valid.
    """
    if molecule.smiles is None or molecule.mol is None:
        raise ValueError(f"not a molecule: {molecule.reason}")
    if not ignore_stereo or not any(mark in molecule.smiles for mark in "@/\\"):
        return molecule.smiles
    flat = Chem.Mol(molecule.mol)
    Chem.RemoveStereochemistry(flat)
    text = str(Chem.MolToSmiles(flat))
    # Read again: aromaticity and ranks can depend on how the molecule came to be.
    return parse(text).smiles or text
