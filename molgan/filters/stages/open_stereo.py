"""Stereo: how much of it may be left open."""

from pydantic import Field
from rdkit import Chem

from molgan.base.settings import Settings
from molgan.chem.stereoisomers import count_open_stereo
from molgan.filters.filter import MoleculeFilter


class DefinedStereo(MoleculeFilter):
    """Tetrahedral centres and double bonds, as RDKit's `FindPotentialStereo` counts them, without those that are not
    really open: bridgeheads of small ring systems (adamantane, and one that follows from another's) and allenes."""

    name = "stereo"
    summary = "At most a number of stereo centres and double bonds left open"

    class Parameters(Settings):
        max: int = Field(default=0, ge=0, description="Most stereo elements that may be left open")
        bonds: bool = Field(True, description="Whether double bonds count")

    parameters: Parameters

    def _reason(self, mol: Chem.Mol) -> str | None:
        atoms, bonds = count_open_stereo(mol)
        count = atoms + bonds * self.parameters.bonds
        if count <= self.parameters.max:
            return None
        kinds = f"{atoms} centres" + (f", {bonds} double bonds" if self.parameters.bonds else "")
        return f"more than {self.parameters.max} stereo elements left open: {kinds}"
