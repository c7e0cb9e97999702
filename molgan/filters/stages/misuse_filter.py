"""Misuse: what is not handed out."""

from collections.abc import Sequence

from pydantic import Field

from molgan.base.settings import Settings
from molgan.chem.misuse.rule import LISTS, MisuseList
from molgan.chem.misuse.screen import find_misuse
from molgan.chem.molecule import Molecule
from molgan.filters.filter import Filter, Verdict, decide


class Misuse(Filter):
    """Campaigns have this filter whether their `filters` name it or not, unless they say `misuse: false`, and
    `molgan sample` replaces what it rejects. Rejected are the families of the schedules of the Chemical Weapons
    Convention, the precursors of the Australia Group, near neighbours of both, and dense explosive groups:
    [Responsible use](responsible_use.md). The reason names the list and the paragraph."""

    name = "misuse"
    summary = "No chemical weapon, no precursor of one, no explosive"

    class Parameters(Settings):
        lists: tuple[MisuseList, ...] = Field(LISTS, min_length=1, description="Lists whose molecules are rejected")

    parameters: Parameters

    def _accept(self, molecules: Sequence[Molecule]) -> Verdict:
        return decide([find_misuse(molecule, self.parameters.lists) for molecule in molecules])
