"""The scorer `realism`: how real a molecule looks to the critic and the likelihood of weights.

Like `qsar`, it needs networks, and is found by its place.
"""

from __future__ import annotations

import math
from functools import cached_property, lru_cache
from typing import Any, Literal

from pydantic import Field
from rdkit import Chem

from molgan.base.content import hash_file
from molgan.base.default_weights import DEFAULT_WEIGHTS
from molgan.base.errors import ConfigError, WeightsError
from molgan.chem.molecule import Molecule
from molgan.models.realism.realism_calibration import RealismCalibration
from molgan.models.realism.realism_meter import Realism, RealismMeter
from molgan.models.settings import WeightsSettings
from molgan.models.weights import find_weights
from molgan.scoring.base import Score, Scorer
from molgan.scoring.cost_class import Cost
from molgan.scoring.fast.descriptors import Descriptors
from molgan.scoring.transforms import Linear


class RealismScorer(Scorer):
    """The share of real molecules, held out from the training, that look less real, 0 to 1: half of them are below .5,
    one in a hundred below .01. Two percentiles go into it: that of the critic's logit, and that of the log-likelihood
    per heavy atom. The sum of their logarithms (as Fisher combines independent tests) is ranked among real molecules
    again, so that realism rises with each of the two. `output` gives one of them alone.

    A molecule that the weights cannot say has no value: several fragments, too many heavy atoms, an element, charge or
    stereo outside their vocabulary. [What it finds, and what not](anomalies.md)."""

    name = "realism"
    summary = "Percentile among real molecules of how real the molecule looks"
    low, high, direction = 0.0, 1.0, "high"
    cost = Cost.MODEL
    default_transform = Linear(low=0.0, high=0.1)

    class Parameters(WeightsSettings):
        weights: str = Field(
            DEFAULT_WEIGHTS,
            min_length=1,
            description="Shipped weights by name, or a folder that `molgan train` wrote, with a critic and calibrated "
            "by scripts/calibrate_realism.py",
        )
        output: Literal["realism", "critic", "likelihood"] = Field(
            "realism", description="Both together, or the percentile of the critic or of the likelihood alone"
        )

    parameters: Parameters

    def __init__(self, **parameters: object) -> None:
        """Raises ConfigError for weights that are missing or cannot tell realism."""
        super().__init__(**parameters)
        try:
            RealismCalibration.load(find_weights(self.parameters.weights))
        except WeightsError as error:
            raise ConfigError(str(error)) from None

    def _score(self, mols: list[Chem.Mol]) -> list[float]:
        return [score.value for score in self._judge([Molecule("", Chem.MolToSmiles(mol), mol, None) for mol in mols])]

    def _score_isolated(self, molecules: list[Descriptors]) -> list[Score]:
        return self._judge([Molecule("", each.smiles, each.mol, None) for each in molecules])

    def _judge(self, molecules: list[Molecule]) -> list[Score]:
        return [self._read(found) for found in self._meter(molecules)]

    def _read(self, found: Realism) -> Score:
        if found.error is not None:
            return Score(math.nan, found.error)
        return Score(float(getattr(found, self.parameters.output)))

    def _key(self) -> dict[str, Any]:
        return {**super()._key(), "content": self._content}

    @cached_property
    def _content(self) -> str:
        path = find_weights(self.parameters.weights)
        return hash_file(path.with_name(f"{path.name}_realism.json"))[:32]  # which has the hashes of the networks

    @property
    def _meter(self) -> RealismMeter:
        return _load_meter(self.parameters.weights, self._content)


@lru_cache(maxsize=4)
def _load_meter(weights: str, content: str) -> RealismMeter:
    """Components of one objective, and filters, share the networks."""
    return RealismMeter.load(weights)
