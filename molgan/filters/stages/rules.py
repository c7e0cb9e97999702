"""Filters of properties: published rules for drug-like molecules, and the user's own limits."""

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import ClassVar

from pydantic import Field, field_validator
from rdkit import Chem
from rdkit.Chem import rdMolDescriptors

from molgan.base.errors import ConfigError
from molgan.base.settings import Settings
from molgan.chem.molecule import Molecule
from molgan.filters.filter import Filter, Verdict
from molgan.filters.limits import Property, Range, check_limits
from molgan.scoring.registry import find_scorer, get_scorer

COUNTS: Mapping[str, Callable[[Chem.Mol], float]] = {
    "nh_and_oh": rdMolDescriptors.CalcNumLipinskiHBD,
    "n_and_o": rdMolDescriptors.CalcNumLipinskiHBA,
    "atoms": lambda mol: mol.GetNumAtoms(onlyExplicit=False),
    "carbons": lambda mol: sum(atom.GetAtomicNum() == 6 for atom in mol.GetAtoms()),
}
"""Counts of the rules that are not scorers: Lipinski's donors and acceptors, atoms with hydrogens, carbons."""


class Rule(Filter):
    """A published rule. A subclass lists its limits, by the name of a scorer or of one of `COUNTS`."""

    limits: ClassVar[Sequence[tuple[str, Range]]]

    class Parameters(Settings):
        violations: int = Field(default=0, ge=0, description="Limits that may be broken")

    parameters: Parameters

    @cached_property
    def _limits(self) -> dict[str, tuple[Property, Range]]:
        return {name: (COUNTS.get(name) or get_scorer(name), span) for name, span in self.limits}

    def _accept(self, molecules: Sequence[Molecule]) -> Verdict:
        return check_limits(molecules, self._limits, violations=self.parameters.violations)


class Lipinski(Rule):
    """C. A. Lipinski et al., Adv. Drug Deliv. Rev. 23, 3 (1997), in its own counts: donors are N-H and O-H, acceptors N
    and O. The paper warns from the second violation on; here not even the first is allowed unless asked for."""

    name = "lipinski"
    summary = "Rule of five: weight <= 500, logP <= 5, N-H and O-H <= 5, N and O <= 10"
    limits = (
        ("mw", Range(max=500)),
        ("logp", Range(max=5)),
        ("nh_and_oh", Range(max=5)),
        ("n_and_o", Range(max=10)),
    )


class Veber(Rule):
    """D. F. Veber et al., J. Med. Chem. 45, 2615 (2002)."""

    name = "veber"
    summary = "Oral bioavailability: rotatable bonds <= 10, polar surface <= 140 Å²"
    limits = (("rotatable_bonds", Range(max=10)), ("tpsa", Range(max=140)))


class Egan(Rule):
    """W. J. Egan, K. M. Merz and J. J. Baldwin, J. Med. Chem. 43, 3867 (2000): the extent of the egg of well absorbed
    molecules, with Crippen's logP in place of AlogP98."""

    name = "egan"
    summary = "Absorption: logP <= 5.88, polar surface <= 131.6 Å²"
    limits = (("logp", Range(max=5.88)), ("tpsa", Range(max=131.6)))


class Ghose(Rule):
    """A. K. Ghose, V. N. Viswanadhan and J. J. Wendoloski, J. Comb. Chem. 1, 55 (1999): the ranges of 80% of a database
    of drugs. Atoms include hydrogens."""

    name = "ghose"
    summary = "Weight 160 to 480, logP -0.4 to 5.6, refractivity 40 to 130, atoms 20 to 70"
    limits = (
        ("mw", Range(min=160, max=480)),
        ("logp", Range(min=-0.4, max=5.6)),
        ("molar_refractivity", Range(min=40, max=130)),
        ("atoms", Range(min=20, max=70)),
    )


class Muegge(Rule):
    """I. Muegge, S. L. Heald and D. Brittelli, J. Med. Chem. 44, 1841 (2001), as the ranges that SwissADME asks for:
    A. Daina, O. Michielin and V. Zoete, Sci. Rep. 7, 42717 (2017). With Crippen's logP in place of XLOGP."""

    name = "muegge"
    summary = "Weight 200 to 600, logP -2 to 5, and seven counts of rings, atoms, bonds and polarity"
    limits = (
        ("mw", Range(min=200, max=600)),
        ("logp", Range(min=-2, max=5)),
        ("tpsa", Range(max=150)),
        ("rings", Range(max=7)),
        ("carbons", Range(min=5)),
        ("hetero_atoms", Range(min=2)),
        ("rotatable_bonds", Range(max=15)),
        ("hba", Range(max=10)),
        ("hbd", Range(max=5)),
    )


class LeadLike(Rule):
    """S. J. Teague et al., Angew. Chem. Int. Ed. 38, 3743 (1999), as the ranges that SwissADME asks for (Daina et al.,
    Sci. Rep. 7, 42717 (2017)), with Crippen's logP in place of XLOGP."""

    name = "lead_like"
    summary = "Room to grow: weight 250 to 350, logP <= 3.5, rotatable bonds <= 7"
    limits = (
        ("mw", Range(min=250, max=350)),
        ("logp", Range(max=3.5)),
        ("rotatable_bonds", Range(max=7)),
    )


class RuleOfThree(Rule):
    """M. Congreve et al., Drug Discov. Today 8, 876 (2003): fragments. The paper offers the last two limits as useful
    beside the rule's own four."""

    name = "rule_of_three"
    summary = "Weight, logP, donors, acceptors and rotatable bonds <= 300, 3, 3, 3, 3, polar surface <= 60 Å²"
    limits = (
        ("mw", Range(max=300)),
        ("logp", Range(max=3)),
        ("hbd", Range(max=3)),
        ("hba", Range(max=3)),
        ("rotatable_bonds", Range(max=3)),
        ("tpsa", Range(max=60)),
    )


class BeyondRuleOfFive(Rule):
    """B. C. Doak et al., Chem. Biol. 21, 1115 (2014): the outer limits of oral drugs beyond the rule of five."""

    name = "beyond_rule_of_five"
    summary = "Weight <= 1000, logP -2 to 10, donors <= 6, acceptors <= 15, surface <= 250 Å², rotatable bonds <= 20"
    limits = (
        ("mw", Range(max=1000)),
        ("logp", Range(min=-2, max=10)),
        ("hbd", Range(max=6)),
        ("hba", Range(max=15)),
        ("tpsa", Range(max=250)),
        ("rotatable_bonds", Range(max=20)),
    )


class Properties(Filter):
    name = "properties"
    summary = "Any scorer's raw value within limits"

    class Parameters(Settings):
        ranges: dict[str, Range] = Field(min_length=1, description="Ranges of raw values by scorer: qed: {min: 0.5}")
        violations: int = Field(default=0, ge=0, description="Ranges that may be broken")

        @field_validator("ranges")
        @classmethod
        def _check_names(cls, ranges: dict[str, Range]) -> dict[str, Range]:
            for name in ranges:
                try:
                    get_scorer(name)
                except ConfigError as error:
                    raise ValueError(str(error)) from None
            return ranges

    parameters: Parameters

    @cached_property
    def _limits(self) -> dict[str, tuple[Property, Range]]:
        ranges = self.parameters.ranges.items()
        return {name: (get_scorer(name, **find_scorer(name).judging), span) for name, span in ranges}

    def _accept(self, molecules: Sequence[Molecule]) -> Verdict:
        return check_limits(molecules, self._limits, violations=self.parameters.violations)
