"""Plausibility: whether a chemist would believe the molecule."""

from functools import cached_property

from rdkit import Chem

from molgan.chem.plausibility.plausible import PlausibilityCheck, PlausibilitySettings
from molgan.filters.filter import MoleculeFilter


class Plausible(MoleculeFilter):
    """Keeps molecules whose ring systems, atoms with their neighbours, and bonds between heteroatoms a data set has, that
    are not strained beyond what can be made (antiaromatic, double bonds at bridgeheads, alkynes, allenes and trans double
    bonds in small rings), and that have no suspicious group (`molgan.chem.plausibility.suspicious` names and defines
    each). The reason names the ring system, the environment or the group."""

    name = "plausible"
    summary = "Only chemistry that a data set has, without strained rings and suspicious groups"

    class Parameters(PlausibilitySettings):
        pass

    parameters: Parameters

    @cached_property
    def _check(self) -> PlausibilityCheck:
        return PlausibilityCheck.of(self.parameters)

    def _reason(self, mol: Chem.Mol) -> str | None:
        return self._check(mol)
