"""Plausibility: whether a chemist would believe the molecule."""

from functools import cached_property

from rdkit import Chem

from molgan.chem.plausibility.plausible import PlausibilityCheck, PlausibilitySettings
from molgan.filters.filter import MoleculeFilter


class Plausible(MoleculeFilter):
    """Ring systems, atoms with their neighbours, and bonds between heteroatoms must be in a data set. Not kept are
    strained rings (antiaromatic, a double bond at a bridgehead, an alkyne, allene or trans double bond in a small
    ring) and suspicious groups; `molgan.chem.plausibility` defines each. The reason names the ring system, the
    environment or the group."""

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
