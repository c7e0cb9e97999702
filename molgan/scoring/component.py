"""One component of an objective at work: its scorer, where that runs, and its transform."""

from __future__ import annotations

import importlib.util
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from molgan.base.errors import ConfigError
from molgan.scoring.base import Score, Scorer, Scores, Scoring
from molgan.scoring.batch import Batch
from molgan.scoring.fast.descriptors import Descriptors
from molgan.scoring.processes.lanes import Job, Lanes
from molgan.scoring.processes.warm_process import Recipe
from molgan.scoring.registry import SCORERS, find_scorer
from molgan.scoring.score_store import ScoreStore
from molgan.scoring.settings import ComponentSettings
from molgan.scoring.transforms import Identity, Linear, Transform, get_transform

_LIMITS = {"timeout": None, "retries": 0, "concurrency": None}


@dataclass(frozen=True)
class Component:
    """Built by `Component.of`. `isolated`: the processes of a scorer that does not run in this one."""

    settings: ComponentSettings
    scorer: Scorer
    transform: Transform
    isolated: Lanes | None

    @classmethod
    def of(cls, settings: ComponentSettings) -> Component:
        """Raises ConfigError for a scorer, parameter or transform that does not exist or does not fit."""
        scorer = _scorer(settings)
        isolated = None
        # A scorer with a timeout of its own sees to it itself. A user's code is not trusted not to hang or to crash.
        if scorer.source or (settings.timeout is not None and "timeout" not in scorer.Parameters.model_fields):
            recipes = {settings.name: recipe(settings, scorer)}
            isolated = Lanes(recipes, settings.concurrency or 1, timeout=settings.timeout)
        return cls(settings, scorer, _transform(settings, scorer), isolated)

    @property
    def name(self) -> str:
        return self.settings.name

    @property
    def waits(self) -> bool:
        """Whether scoring costs this process little time, since others do the work."""
        return self.isolated is not None or self.scorer.waits

    def store(self, store: ScoreStore | None) -> ScoreStore | None:
        """The cache on disk when values are worth it."""
        return store if self.scorer.costly or self.isolated is not None else None

    def scores(self, batch: Batch, store: ScoreStore | None = None, scoring: Scoring | None = None) -> Scores:
        """Raw values; `scoring` stands in for `fresh`. Raises RunError when `store` cannot be used."""
        return self.scorer(batch, scoring=scoring or self.fresh, store=self.store(store))

    def fresh(self, molecules: list[Descriptors]) -> list[Score]:
        """A score for each distinct molecule; failures are tried again as often as the settings say."""
        scores = self._once(molecules)
        retries = 0 if "retries" in self.scorer.Parameters.model_fields else self.settings.retries
        for _ in range(retries):
            failed = [i for i, score in enumerate(scores) if score.error is not None]
            if not failed:
                break
            for i, score in zip(failed, self._once([molecules[i] for i in failed]), strict=True):
                scores[i] = score
        return scores

    def transformed(self, raw: NDArray[np.float64], batch: Batch) -> NDArray[np.float64]:
        """How good the raw values are; NaN for what failed, or 0 when a missing value counts as the worst."""
        values = self.transform(raw)
        if self.settings.missing == "worst":
            return np.where(np.isnan(values) & (batch.place >= 0), 0.0, values)
        return values

    def close(self) -> None:
        """End processes, and calls under way."""
        self.scorer.close()
        if self.isolated is not None:
            self.isolated.close()

    def _once(self, molecules: list[Descriptors]) -> list[Score]:
        if self.isolated is None:
            return self.scorer.fresh(molecules)
        if not molecules:
            return []
        return self.isolated.run([Job([self.name], [molecule.smiles for molecule in molecules])])[self.name]


def recipe(settings: ComponentSettings, scorer: Scorer) -> Recipe:
    """What another process makes the same scorer from. Raises ConfigError when it cannot."""
    kind = type(scorer)
    parameters = scorer.parameters.model_dump(mode="json")
    if not is_registered_elsewhere(scorer):
        return settings.scorer, parameters
    if kind.__module__ == "__main__" or "." in kind.__qualname__ or not _importable(kind.__module__):
        raise ConfigError(
            f"scorer {kind.name!r} is defined where another process cannot import it, and a timeout needs one: "
            "move it to a file and name it as file.py:name"
        )
    return f"{kind.__module__}:{kind.__qualname__}", parameters


def is_registered_elsewhere(scorer: Scorer) -> bool:
    """Whether this program has registered the scorer, so that a new process does not know it by its name."""
    return SCORERS.get(scorer.name) is type(scorer) and not type(scorer).__module__.startswith("molgan.")


def _importable(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except (ImportError, ValueError):
        return False


def _scorer(settings: ComponentSettings) -> Scorer:
    """The scorer; the limits of the component go to one that has parameters of their names."""
    kind = find_scorer(settings.scorer)
    limits: dict[str, Any] = {
        name: value
        for name, default in _LIMITS.items()
        if (value := getattr(settings, name)) != default and name in kind.Parameters.model_fields
    }
    return kind(**(dict(kind.judging) | limits | settings.parameters))


def _transform(settings: ComponentSettings, scorer: Scorer) -> Transform:
    if settings.transform is not None:
        return get_transform(settings.transform)
    default = scorer.default_transform
    if not isinstance(default, Identity) or settings.weight == 0:
        return default
    told = math.isfinite(scorer.low) or math.isfinite(scorer.high)
    if told and (scorer.low < 0 or scorer.high > 1):
        raise ConfigError(
            f"scorer {scorer.name!r} needs a transform of its values to 0..1, such as "
            "{name: sigmoid, low: …, high: …}; see `molgan list transforms`"
        )
    return Linear(low=scorer.high, high=scorer.low) if told and scorer.direction == "low" else default
