"""Rules of thumb for drug-like molecules, and limits of the user's own."""

from collections.abc import Sequence
from functools import cached_property
from typing import ClassVar

from pydantic import Field, field_validator
from rdkit.Chem import rdMolDescriptors

from molgan.base.errors import ConfigError
from molgan.base.settings import Settings
from molgan.chem.molecule import Molecule
from molgan.filters.filter import Filter, Verdict
from molgan.filters.limits import Limit, Range, within
from molgan.scoring.base import DescriptorScorer, Scorer
from molgan.scoring.fast.descriptors import Descriptors
from molgan.scoring.registry import find_scorer, get_scorer
from molgan.scoring.scorers import physchem


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


class _Atoms(DescriptorScorer):
    name = "atoms"
    summary = "Atoms, hydrogens included"

    def _value(self, molecule: Descriptors) -> float:
        return float(molecule.mol.GetNumAtoms(onlyExplicit=False))


class _Carbons(DescriptorScorer):
    name = "carbons"
    summary = "Carbon atoms"

    def _value(self, molecule: Descriptors) -> float:
        return float(sum(atom.GetAtomicNum() == 6 for atom in molecule.mol.GetAtoms()))


class _Refractivity(DescriptorScorer):
    name = "molar_refractivity"
    summary = "Molar refractivity (Crippen)"

    def _value(self, molecule: Descriptors) -> float:
        return float(rdMolDescriptors.CalcCrippenDescriptors(molecule.mol)[1])


class _HeteroAtoms(DescriptorScorer):
    name = "hetero_atoms"
    summary = "Atoms other than carbon and hydrogen"

    def _value(self, molecule: Descriptors) -> float:
        return float(rdMolDescriptors.CalcNumHeteroatoms(molecule.mol))


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


class Egan(Rule):
    """W. J. Egan, K. M. Merz and J. J. Baldwin, J. Med. Chem. 43, 3867 (2000): the extent of the egg of well absorbed
    molecules, with Crippen's logP in place of AlogP98."""

    name = "egan"
    summary = "Absorption: logP <= 5.88, polar surface <= 131.6 Å²"
    limits = ((physchem.LogP, Range(max=5.88)), (physchem.TPSA, Range(max=131.6)))


class Ghose(Rule):
    """A. K. Ghose, V. N. Viswanadhan and J. J. Wendoloski, J. Comb. Chem. 1, 55 (1999): the ranges of 80% of a database
    of drugs. Atoms include hydrogens."""

    name = "ghose"
    summary = "Weight 160 to 480, logP -0.4 to 5.6, refractivity 40 to 130, atoms 20 to 70"
    limits = (
        (physchem.Weight, Range(min=160, max=480)),
        (physchem.LogP, Range(min=-0.4, max=5.6)),
        (_Refractivity, Range(min=40, max=130)),
        (_Atoms, Range(min=20, max=70)),
    )


class Muegge(Rule):
    """I. Muegge, S. L. Heald and D. Brittelli, J. Med. Chem. 44, 1841 (2001), as the ranges that SwissADME asks for:
    A. Daina, O. Michielin and V. Zoete, Sci. Rep. 7, 42717 (2017). With Crippen's logP in place of XLOGP."""

    name = "muegge"
    summary = "Weight 200 to 600, logP -2 to 5, and seven counts of rings, atoms, bonds and polarity"
    limits = (
        (physchem.Weight, Range(min=200, max=600)),
        (physchem.LogP, Range(min=-2, max=5)),
        (physchem.TPSA, Range(max=150)),
        (physchem.Rings, Range(max=7)),
        (_Carbons, Range(min=5)),
        (_HeteroAtoms, Range(min=2)),
        (physchem.RotatableBonds, Range(max=15)),
        (physchem.Acceptors, Range(max=10)),
        (physchem.Donors, Range(max=5)),
    )


class LeadLike(Rule):
    """S. J. Teague et al., Angew. Chem. Int. Ed. 38, 3743 (1999), as the ranges that SwissADME asks for (Daina et al.,
    Sci. Rep. 7, 42717 (2017)), with Crippen's logP in place of XLOGP."""

    name = "lead_like"
    summary = "Room to grow: weight 250 to 350, logP <= 3.5, rotatable bonds <= 7"
    limits = (
        (physchem.Weight, Range(min=250, max=350)),
        (physchem.LogP, Range(max=3.5)),
        (physchem.RotatableBonds, Range(max=7)),
    )


class RuleOfThree(Rule):
    """M. Congreve et al., Drug Discov. Today 8, 876 (2003): fragments. The paper offers the last two limits as useful
    beside the rule's own four."""

    name = "rule_of_three"
    summary = "Weight, logP, donors, acceptors and rotatable bonds <= 300, 3, 3, 3, 3, polar surface <= 60 Å²"
    limits = (
        (physchem.Weight, Range(max=300)),
        (physchem.LogP, Range(max=3)),
        (physchem.Donors, Range(max=3)),
        (physchem.Acceptors, Range(max=3)),
        (physchem.RotatableBonds, Range(max=3)),
        (physchem.TPSA, Range(max=60)),
    )


class BeyondRuleOfFive(Rule):
    """B. C. Doak et al., Chem. Biol. 21, 1115 (2014): the outer limits of oral drugs beyond the rule of five."""

    name = "beyond_rule_of_five"
    summary = "Weight <= 1000, logP -2 to 10, donors <= 6, acceptors <= 15, surface <= 250 Å², rotatable bonds <= 20"
    limits = (
        (physchem.Weight, Range(max=1000)),
        (physchem.LogP, Range(min=-2, max=10)),
        (physchem.Donors, Range(max=6)),
        (physchem.Acceptors, Range(max=15)),
        (physchem.TPSA, Range(max=250)),
        (physchem.RotatableBonds, Range(max=20)),
    )


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
        ranges = self.parameters.ranges.items()
        return [Limit(get_scorer(name, **find_scorer(name).judging), span) for name, span in ranges]

    def _accept(self, molecules: Sequence[Molecule]) -> Verdict:
        return within(molecules, self._limits, violations=self.parameters.violations)
