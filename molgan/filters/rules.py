"""Rules of thumb for drug-like molecules, and limits of the user's own."""

from collections.abc import Sequence
from functools import cached_property
from typing import ClassVar

from pydantic import Field, field_validator
from rdkit.Chem import rdMolDescriptors

from molgan.chem.molecule import Molecule
from molgan.errors import ConfigError
from molgan.filters.base import Filter, Verdict
from molgan.filters.limits import Limit, Range, within
from molgan.scoring import physchem
from molgan.scoring.base import DescriptorScorer, Scorer
from molgan.scoring.descriptors import Descriptors
from molgan.scoring.registry import get_scorer
from molgan.settings import Settings


class _PolarHydrogens(DescriptorScorer):
    name = "nh_and_oh"
    summary = "Hydrogens on N and O, Lipinski's donors"

    def _value(self, molecule: Descriptors) -> float:
        return float(rdMolDescriptors.CalcNumLipinskiHBD(molecule.mol))


class _NitrogensAndOxygens(DescriptorScorer):
    name = "n_and_o"
    summary = "N and O atoms, Lipinski's acceptors"

    def _value(self, molecule: Descriptors) -> float:
        return float(rdMolDescriptors.CalcNumLipinskiHBA(molecule.mol))


class Rule(Filter):
    """A published rule. A subclass lists its limits."""

    limits: ClassVar[Sequence[tuple[type[Scorer], Range]]]

    class Parameters(Settings):
        """`violations`: how many of the limits may be broken. None by default."""

        violations: int = Field(default=0, ge=0)

    parameters: Parameters

    def _accept(self, molecules: Sequence[Molecule]) -> Verdict:
        limits = [Limit(scorer(), span) for scorer, span in self.limits]
        return within(molecules, limits, violations=self.parameters.violations)


class Lipinski(Rule):
    """C. A. Lipinski et al., Adv. Drug Deliv. Rev. 23, 3 (1997), in its own counts: donors are N-H and O-H, acceptors N
    and O. The paper warns from the second violation on; here not even the first is allowed unless asked for."""

    name = "lipinski"
    summary = "Rule of five: weight <= 500, logP <= 5, N-H and O-H <= 5, N and O <= 10"
    limits = (
        (physchem.Weight, Range(max=500)),
        (physchem.LogP, Range(max=5)),
        (_PolarHydrogens, Range(max=5)),
        (_NitrogensAndOxygens, Range(max=10)),
    )


class Veber(Rule):
    """D. F. Veber et al., J. Med. Chem. 45, 2615 (2002)."""

    name = "veber"
    summary = "Oral bioavailability: rotatable bonds <= 10, polar surface <= 140 Å²"
    limits = ((physchem.RotatableBonds, Range(max=10)), (physchem.TPSA, Range(max=140)))


class Properties(Filter):
    name = "properties"
    summary = "Any scorer's raw value within limits"

    class Parameters(Settings):
        """`ranges`: scorer → {min: …, max: …}, raw values, both ends included. `violations`: how many may be broken."""

        ranges: dict[str, Range] = Field(min_length=1)
        violations: int = Field(default=0, ge=0)

        @field_validator("ranges")
        @classmethod
        def _exist(cls, ranges: dict[str, Range]) -> dict[str, Range]:
            for name in ranges:
                try:
                    get_scorer(name)
                except ConfigError as error:
                    raise ValueError(str(error)) from None
            return ranges

    parameters: Parameters

    @cached_property
    def _limits(self) -> list[Limit]:
        return [Limit(get_scorer(name), span) for name, span in self.parameters.ranges.items()]

    def _accept(self, molecules: Sequence[Molecule]) -> Verdict:
        return within(molecules, self._limits, violations=self.parameters.violations)
