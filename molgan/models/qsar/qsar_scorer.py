"""The scorer `qsar`.

It needs networks, which the layer of scorers lacks: `scoring/lookup` knows only its place, and imports it when a
configuration uses it, as it does with scorers of other packages.
"""

import hashlib
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from molgan.base.errors import ConfigError, WeightsError
from molgan.base.settings import InputPath
from molgan.models.qsar.ensemble import QSARModel, read_description
from molgan.models.qsar.pickled import SUFFIXES, PickledModel
from molgan.models.qsar.prediction_scorer import CautionSettings, PredictionScorer


class QSAR(PredictionScorer):
    """A prediction made worse by the error to be expected of it, so that the reward is small where the model does not
    know: value - caution · error, + where low is good. It is the lower confidence bound of N. Srinivas et al., IEEE
    Trans. Inf. Theory 58, 3250 (2012), taken as pessimism; the error is `QSARModel`'s."""

    name = "qsar"
    summary = "Prediction of a model by `molgan qsar train`, made worse where it is uncertain"

    class Parameters(CautionSettings):
        model: InputPath = Field(
            description="Folder that `molgan qsar train` wrote, or with `trust` a pickled estimator on ECFP4 bits"
        )
        good: Literal["high", "low"] = Field("high", description="Which predictions are good")
        trust: bool = Field(False, description="Load a pickle, which may run any code")
        training: InputPath | None = Field(
            None, description="File of the molecules that a pickled estimator was trained on"
        )

    parameters: Parameters

    def __init__(self, **parameters: object) -> None:
        """Raises ConfigError for a path without a model, and for a pickle that is not trusted."""
        super().__init__(**parameters)
        path, pickled = self.parameters.model, self.parameters.model.suffix in SUFFIXES
        if pickled and not self.parameters.trust:
            raise ConfigError(
                f"{path}: loading a pickle runs any code in it; if you trust its maker, set `trust: true`"
            )
        if not pickled:
            try:
                read_description(path)
            except WeightsError as error:
                raise ConfigError(str(error)) from None

    @property
    def _good(self) -> Literal["high", "low", "none"]:
        return self.parameters.good

    def _key(self) -> dict[str, Any]:
        chosen = self.parameters.model_dump(mode="json", exclude={"model", "training"})
        files = {name: _content(path) for name in ("model", "training") if (path := getattr(self.parameters, name))}
        return {"scorer": self.name, "version": self.version, **chosen, **files}

    @cached_property
    def _model(self) -> QSARModel | PickledModel:
        path, training = self.parameters.model, self.parameters.training
        return _load_model(path, training, _content(path))


@lru_cache(maxsize=8)
def _load_model(path: Path, training: Path | None, content: str) -> QSARModel | PickledModel:
    """Components that report the spread or the similarity of one model share it."""
    return PickledModel(path, training) if path.suffix in SUFFIXES else QSARModel.load(path)


def _content(path: Path) -> str:
    """A hash of a file, or of the files of a folder."""
    digest = hashlib.sha256()
    for file in sorted(entry for entry in path.iterdir() if entry.is_file()) if path.is_dir() else [path]:
        digest.update(file.name.encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()[:32]
