"""Desirability for drugs that act in the brain."""

import math
from functools import cached_property
from typing import Any

from pydantic import Field, ValidationInfo, field_validator

from molgan.base.settings import Settings
from molgan.chem.molecule import Molecule
from molgan.scoring.base import DescriptorScorer, Scorer
from molgan.scoring.fast.descriptors import Descriptors
from molgan.scoring.lookup import get_scorer
from molgan.scoring.own import locate
from molgan.scoring.transforms import Linear

_PH = 7.4


class PKaSettings(Settings):
    """Where pKa values come from."""

    scorer: str = Field(
        description="Scorer that gives the pKa of the conjugate acid of the most basic centre, by its name or as yours"
    )
    parameters: dict[str, Any] = Field(default_factory=dict, description="Parameters of that scorer")

    @field_validator("scorer")
    @classmethod
    def _refuse_itself(cls, name: str, info: ValidationInfo) -> str:
        if name == CNSMPO.name:
            raise ValueError("cns_mpo is not a scorer of pKa; name one that is")
        return locate(name, info)

    def build(self) -> Scorer:
        return get_scorer(self.scorer, **self.parameters)


class CNSMPO(DescriptorScorer):
    """T. T. Wager et al., ACS Chem. Neurosci. 1, 435 (2010): six desirabilities, of logP, logD at pH 7.4, molecular
    weight, TPSA, hydrogen bond donors and the pKa of the most basic centre, added up.

    RDKit has no pKa. Without `pka` the terms of pKa and logD are left out and the other four are scaled to 0..6, which
    ranks bases too high: the published threshold of 4 then says less. With it logD is taken from logP and the pKa, as
    of a single base: logP - log10(1 + 10^(pKa - 7.4)). logP is Crippen's, not the ClogP of the paper.
    """

    name = "cns_mpo"
    summary = "Multiparameter desirability for the central nervous system"
    low, high, direction = 0.0, 6.0, "high"
    default_transform = Linear(low=0.0, high=6.0)

    class Parameters(Settings):
        pka: PKaSettings | None = Field(
            None, description="What gives the pKa; without it two of the six terms are left out"
        )

    parameters: Parameters

    @cached_property
    def _pka(self) -> Scorer | None:
        return self.parameters.pka.build() if self.parameters.pka else None

    def _value(self, molecule: Descriptors) -> float:
        terms = [
            _ramp_down(molecule.logp, 3, 5),
            _ramp_down(molecule.weight, 360, 500),
            min(1 - _ramp_down(molecule.tpsa, 20, 40), _ramp_down(molecule.tpsa, 90, 120)),
            _ramp_down(molecule.donors, 0.5, 3.5),
        ]
        if self._pka is None:
            return sum(terms) * 6 / 4
        scores = self._pka([Molecule(molecule.smiles, molecule.smiles, molecule.mol, None)])
        if scores.errors[0] is not None:
            raise ValueError(f"no pKa: {scores.errors[0]}")
        pka = float(scores.values[0])
        logd = molecule.logp - math.log10(1 + 10 ** (pka - _PH))
        return sum(terms) + _ramp_down(pka, 8, 10) + _ramp_down(logd, 2, 4)


def _ramp_down(value: float, best: float, worst: float) -> float:
    """1 up to `best`, 0 from `worst` on, a straight line between."""
    return min(max((worst - value) / (worst - best), 0.0), 1.0)
