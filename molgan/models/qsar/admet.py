"""Scorers of absorption, distribution, metabolism and toxicity, by models that come with molgan.

Made by scripts/train_admet.py; molgan/data/README.md gives sources and licences, docs/admet.md the figures. Like
`qsar`, they are found by their place.
"""

from functools import cache, cached_property
from importlib.resources import as_file, files
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from molgan.base.content import hash_file
from molgan.models.qsar.ensemble import Prediction, QSARModel
from molgan.models.qsar.packed import load_packed
from molgan.models.qsar.prediction_scorer import CautionSettings, DomainSettings, PredictionScorer
from molgan.scoring.transforms import DoubleSigmoid, Linear, ReverseSigmoid, Sigmoid

DOMAIN = 0.2
"""The default of `least_similarity`; docs/admet.md says how far the models err below it."""


class ADMETDomain(DomainSettings):
    """The domain of a model that comes with molgan."""

    least_similarity: float = Field(
        default=DOMAIN,
        ge=0,
        le=1,
        description="Similarity to the nearest training molecule below which there is no value",
    )


class ADMETCaution(ADMETDomain, CautionSettings):
    """The same, with caution."""

    caution: float = Field(
        default=0.0,
        ge=0,
        description="Expected errors by which the value is made worse than the prediction; 0 takes the prediction",
    )


class _ADMET(PredictionScorer):
    class Parameters(ADMETCaution):
        pass

    @cached_property
    def _model(self) -> QSARModel:
        return load_endpoint(self.name)

    def _output(self, predicted: Prediction) -> NDArray[np.float64]:
        found = super()._output(predicted)
        return np.clip(found, self.low, self.high) if self.parameters.output in ("value", "prediction") else found

    def _key(self) -> dict[str, Any]:
        return {**super()._key(), "content": _hash_endpoint(self.name)}


class HERG(_ADMET):
    """The source does not say above which potency a molecule is a blocker; 86% of its rows are."""

    name = "herg"
    summary = "Probability of blocking the potassium channel hERG"
    low, high, direction = 0.0, 1.0, "low"
    default_transform = Linear(low=1.0, high=0.0)


class Ames(_ADMET):
    name = "ames"
    summary = "Probability of being mutagenic in the Ames test"
    low, high, direction = 0.0, 1.0, "low"
    default_transform = Linear(low=1.0, high=0.0)


class BBB(_ADMET):
    """Good is high, as for the central nervous system; `{name: linear, low: 1, high: 0}` keeps molecules out of it."""

    name = "bbb"
    summary = "Probability of crossing the blood-brain barrier"
    low, high, direction = 0.0, 1.0, "high"


class LogD(_ADMET):
    name = "logd"
    summary = "Octanol-water distribution coefficient at pH 7.4, log10"
    unit = "log10"
    default_transform = DoubleSigmoid(low=1.0, high=3.0)

    class Parameters(ADMETDomain):  # it has no better side, so no caution
        pass


class Solubility(_ADMET):
    """The default transform rises from 1 µmol/l to 1 mmol/l."""

    name = "solubility"
    summary = "Solubility in water, log10"
    unit, direction = "log10 mol/l", "high"
    default_transform = Sigmoid(low=-6.0, high=-3.0)


class Clearance(_ADMET):
    """In vitro, of microsomes of the human liver, per gram of it. The default transform falls from 10 to 100
    ml/min/g."""

    name = "clearance"
    summary = "Intrinsic clearance by human liver microsomes, log10"
    unit, direction = "log10 ml/min/g", "low"
    default_transform = ReverseSigmoid(low=1.0, high=2.0)


class CYP3A4(_ADMET):
    """The default transform rises from 1 to 100 µmol/l."""

    name = "cyp3a4"
    summary = "IC50 of the inhibition of cytochrome P450 3A4, log10"
    unit, direction = "log10 µmol/l", "high"
    default_transform = Sigmoid(low=0.0, high=2.0)


class PPB(_ADMET):
    name = "ppb"
    summary = "Share that human plasma proteins bind"
    unit, low, high, direction = "%", 0.0, 100.0, "low"
    default_transform = ReverseSigmoid(low=90.0, high=100.0)


ENDPOINTS: tuple[type[_ADMET], ...] = (HERG, Ames, BBB, LogD, Solubility, Clearance, CYP3A4, PPB)
"""The scorers, in order."""


@cache
def load_endpoint(name: str) -> QSARModel:
    """The model that comes with molgan for one of `ENDPOINTS`, by its name; read once."""
    with as_file(files("molgan") / "data" / "admet" / f"{name}.npz") as path:
        return load_packed(path)


@cache
def _hash_endpoint(name: str) -> str:
    with as_file(files("molgan") / "data" / "admet" / f"{name}.npz") as path:
        return hash_file(path)[:32]
