"""Stereo that a molecule leaves open: how much there is, and what the molecule may be.

Filters keep or drop and never change a molecule: `enumerate_stereoisomers` is called before them, or after.
"""

from collections.abc import Iterator

from rdkit import Chem, rdBase
from rdkit.Chem import EnumerateStereoisomers

from molgan.chem.molecule import Molecule, parse


def count_open_stereo(mol: Chem.Mol) -> tuple[int, int]:
    """How many tetrahedral centres and double bonds could have stereo and have none."""
    open_ = [info.type for info in Chem.FindPotentialStereo(mol) if info.specified == Chem.StereoSpecified.Unspecified]
    return open_.count(Chem.StereoType.Atom_Tetrahedral), open_.count(Chem.StereoType.Bond_Double)


def enumerate_stereoisomers(molecule: Molecule, *, most: int = 16) -> Iterator[Molecule]:
    """The stereoisomers that a valid molecule may be, with what it says of its stereo kept: itself if that is all.

    Distinct, in the order of their canonical SMILES, `most` at most. Each can be embedded in space as far as its graph
    tells: a bridgehead that cannot be inverted is not.
    """
    if molecule.mol is None or not any(count_open_stereo(molecule.mol)):
        yield molecule
        return
    options = EnumerateStereoisomers.StereoEnumerationOptions(  # type: ignore[no-untyped-call]
        onlyUnassigned=True, unique=True, maxIsomers=most, rand=0
    )
    with rdBase.BlockLogs():
        found = EnumerateStereoisomers.EnumerateStereoisomers(molecule.mol, options=options)  # type: ignore[no-untyped-call]
        smiles = sorted({Chem.MolToSmiles(mol) for mol in found})
    for text in smiles:
        yield parse(text)
