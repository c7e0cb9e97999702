"""The base of scorers that ask a QSAR model: which of its figures is the value, and outside which domain there is
none."""

import math
from abc import abstractmethod
from collections.abc import Sequence
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from rdkit import Chem

from molgan.base.settings import Settings
from molgan.models.qsar.ensemble import Prediction
from molgan.scoring.base import Score, Scorer
from molgan.scoring.cost_class import Cost
from molgan.scoring.fast.descriptors import Descriptors


class Model(Protocol):
    """A model that predicts molecules, one value per molecule, in order; `classifies`: probabilities."""

    @property
    def classifies(self) -> bool: ...

    def predict(self, mols: Sequence[Chem.Mol]) -> Prediction: ...


class DomainSettings(Settings):
    """Where a model may be asked, and for what."""

    least_similarity: float = Field(
        default=0.0,
        ge=0,
        le=1,
        description="Similarity to the nearest training molecule below which there is no value",
    )
    output: Literal["value", "prediction", "spread", "similarity", "error"] = Field(
        "value", description="What the scorer gives; others than `value` are for components of weight 0"
    )


class CautionSettings(DomainSettings):
    """The same, with the caution that the value is made worse by."""

    caution: float = Field(
        default=1.0,
        ge=0,
        description="Expected errors by which the value is made worse than the prediction; 0 takes the prediction",
    )


class PredictionScorer(Scorer):
    """A prediction made worse by the error to be expected of it, so that the reward is small where the model does not
    know: value - caution · error, + where low is good."""

    cost = Cost.MODEL

    class Parameters(DomainSettings):
        pass

    parameters: DomainSettings

    @property
    @abstractmethod
    def _model(self) -> Model:
        """The model, loaded once in each process."""

    @property
    def _good(self) -> Literal["high", "low", "none"]:
        """Which predictions are good."""
        return self.direction

    def _score(self, mols: list[Chem.Mol]) -> Sequence[float]:
        return [score.value for score in self._scores(mols)]

    def _score_isolated(self, molecules: list[Descriptors]) -> list[Score]:
        return self._scores([molecule.mol for molecule in molecules])

    def _scores(self, mols: list[Chem.Mol]) -> list[Score]:
        least = self.parameters.least_similarity
        predicted = self._model.predict(mols)
        return [
            Score(math.nan, f"outside the model's domain: nearest training molecule {similarity:.2f}")
            if similarity < least
            else Score(float(value))
            for value, similarity in zip(self._output(predicted), predicted.similarity, strict=True)
        ]

    def _output(self, predicted: Prediction) -> NDArray[np.float64]:
        match self.parameters.output:
            case "prediction":
                return predicted.value
            case "value":
                caution = self.parameters.caution if isinstance(self.parameters, CautionSettings) else 0.0
                value = predicted.penalise(caution, low_is_good=self._good == "low")
                return np.clip(value, 0, 1) if self._model.classifies else value
            case other:
                return np.asarray(getattr(predicted, other))
