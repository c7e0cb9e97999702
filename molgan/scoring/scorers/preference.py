"""What chemists prefer."""

import math
from typing import Any

import numpy as np
from pydantic import Field

from molgan.base.settings import Settings
from molgan.scoring.base import DescriptorScorer
from molgan.scoring.cost_class import Cost
from molgan.scoring.fast.descriptors import Descriptors
from molgan.scoring.fast.preference_model import describe, load_preference


class Preference(DescriptorScorer):
    """Learned from 5,276 pairs of which chemists of Novartis chose one: O.-H. Choung et al., Nature Communications 14,
    6651 (2023). docs/admet.md says how often it agrees with them. There is no value for a molecule smaller or larger
    than those compared, and for several fragments."""

    name = "preference"
    summary = "Probability that chemists prefer the molecule to an average one of ChEMBL"
    low, high, direction = 0.0, 1.0, "high"
    cost = Cost.MODEL

    class Parameters(Settings):
        caution: float = Field(
            0.0,
            ge=0,
            description="Standard deviations over models of parts of the pairs, in units of the logit, by which the "
            "value is made worse",
        )

    parameters: Parameters

    def _key(self) -> dict[str, Any]:
        return {**super()._key(), "content": load_preference()[1]}

    def _value(self, molecule: Descriptors) -> float:
        model, _ = load_preference()
        fewest, most = model.atoms
        if "." in molecule.smiles:
            raise ValueError("several fragments")
        if not fewest <= (count := molecule.mol.GetNumHeavyAtoms()) <= most:
            raise ValueError(f"{count} heavy atoms; chemists compared molecules of {fewest} to {most}")
        worth = model.weigh(describe(molecule.mol)[None])[:, 0]
        logit = float(worth.mean() - self.parameters.caution * np.std(worth, ddof=1))
        return 1 / (1 + math.exp(-logit))
