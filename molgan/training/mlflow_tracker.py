"""Figures of a run in MLflow: a metric `stage/name` each, the settings as parameters."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from molgan.base.content import flatten
from molgan.base.errors import ConfigError
from molgan.training.settings import MlflowSettings
from molgan.training.tracking import Figures

_STATUS = {"done": "FINISHED", "failed": "FAILED", "stopped": "KILLED"}
_LONGEST = 500  # characters of a parameter, which every version of MLflow takes
_MOST = 100  # parameters of a request
_SECONDS = "10"


class MlflowTracker:
    """A run of MLflow, which `number`, where it is not None, continues."""

    name = "MLflow"

    def __init__(self, settings: MlflowSettings, job: str, values: Mapping[str, Any], number: str | None) -> None:
        """
        Args:
            settings: Where the run is kept.
            job: Its name.
            values: The configuration.
            number: The number of an earlier part of the run.

        Raises:
            ConfigError: MLflow is not installed.
        """
        # A server that does not answer holds up nothing but figures, and those not for long.
        os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", _SECONDS)
        os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "2")
        uri = settings.uri or os.environ.get("MLFLOW_TRACKING_URI") or "mlruns"
        if "://" not in uri or uri.startswith("file://"):
            # Versions from 3.7 on ask for this where figures go to files.
            os.environ.setdefault("MLFLOW_ALLOW_FILE_STORE", "true")
            uri = Path(uri.removeprefix("file://")).absolute().as_uri()
        try:
            from mlflow.entities import Metric, Param
            from mlflow.tracking import MlflowClient
        except ImportError as error:
            raise ConfigError("tracking.mlflow needs MLflow: pip install 'molgan[tracking]'") from error
        logging.getLogger("mlflow").setLevel(logging.ERROR)
        self._metric = Metric
        self._client = MlflowClient(tracking_uri=uri)
        self.number = number or self._begin(settings.experiment, job)
        if number is None:
            given = flatten(dict(values)).items()
            params = [Param(_make_name(key), f"{value}"[:_LONGEST]) for key, value in given]
            for start in range(0, len(params), _MOST):
                self._client.log_batch(self.number, params=params[start : start + _MOST])
        else:
            self._client.set_terminated(self.number, "RUNNING")

    def log(self, stage: str, step: int, figures: Figures) -> None:
        now = int(1000 * time.time())
        metrics = [self._metric(_make_name(f"{stage}/{name}"), value, now, step) for name, value in figures.items()]
        self._client.log_batch(self.number, metrics=metrics)

    def close(self, outcome: str) -> None:
        self._client.set_terminated(self.number, _STATUS[outcome])

    def _begin(self, experiment: str, job: str) -> str:
        found = self._client.get_experiment_by_name(experiment)
        place = self._client.create_experiment(experiment) if found is None else found.experiment_id
        return str(self._client.create_run(place, run_name=job).info.run_id)


def _make_name(text: str) -> str:
    """A name of the characters that MLflow allows."""
    return "".join(c if c.isalnum() or c in "_-./ " else "_" for c in text)[:250]
