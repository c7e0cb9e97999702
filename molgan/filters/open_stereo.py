"""Stereo that is left open: a filter that counts it, and a step that spells out what it may be.

Filters keep or drop and never change a molecule: `stereoisomers` is called before them, or after.
"""

from collections.abc import Iterator

from pydantic import Field
from rdkit import Chem, rdBase
from rdkit.Chem import EnumerateStereoisomers

from molgan.base.settings import Settings
from molgan.chem.molecule import Molecule, parse
from molgan.filters.filter import MoleculeFilter


class DefinedStereo(MoleculeFilter):
    """Tetrahedral centres and double bonds, as RDKit's `FindPotentialStereo` counts them."""

    name = "stereo"
    summary = "At most a number of stereo centres and double bonds left open"

    class Parameters(Settings):
        max: int = Field(default=0, ge=0, description="Most stereo elements that may be left open")
        bonds: bool = Field(True, description="Whether double bonds count")

    parameters: Parameters

    def _reason(self, mol: Chem.Mol) -> str | None:
        atoms, bonds = undefined_stereo(mol)
        count = atoms + bonds * self.parameters.bonds
        if count <= self.parameters.max:
            return None
        kinds = f"{atoms} centres" + (f", {bonds} double bonds" if self.parameters.bonds else "")
        return f"more than {self.parameters.max} stereo elements left open: {kinds}"


def undefined_stereo(mol: Chem.Mol) -> tuple[int, int]:
    """How many tetrahedral centres and double bonds could have stereo and have none."""
    open_ = [info.type for info in Chem.FindPotentialStereo(mol) if info.specified == Chem.StereoSpecified.Unspecified]
    return open_.count(Chem.StereoType.Atom_Tetrahedral), open_.count(Chem.StereoType.Bond_Double)


def stereoisomers(molecule: Molecule, *, most: int = 16) -> Iterator[Molecule]:
    """The stereoisomers that a valid molecule may be, with what it says of its stereo kept: itself if that is all.

    Distinct, in the order of their canonical SMILES, `most` at most. Each can be embedded in space as far as its graph
    tells: a bridgehead that cannot be inverted is not.
    """
    if molecule.mol is None or not any(undefined_stereo(molecule.mol)):
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
