"""What an audit of privacy finds, and the limits that it is held against."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any

from molgan.evaluation.bootstrap import Interval
from molgan.evaluation.copies import ExactCopies, NearCopies
from molgan.evaluation.exposure import Exposure

CONTROL = "base"
"""The attack that has not seen the weights: what it tells apart is no leak, but a holdout that is no random part."""


@dataclass(frozen=True, slots=True)
class Attack:
    """A membership inference attack: how well a score tells `members` molecules of the training data from `others` that
    were held out. `note` says why it was not tried, or what to know."""

    name: str
    title: str
    members: int = 0
    others: int = 0
    auc: Interval | None = None
    true_positives: Interval | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class CanaryFigures:
    """The exposure of canaries by one score; `highest` is the most that the number of references can show, in bits."""

    score: str
    title: str
    highest: float
    exposures: Sequence[Exposure]


@dataclass(frozen=True, slots=True)
class Limit:
    """A limit of the user's, by the option that set it: the value that was found, and whether it keeps to it."""

    option: str
    title: str
    most: float
    found: float

    @property
    def is_broken(self) -> bool:
        return not self.found <= self.most


@dataclass(frozen=True, slots=True)
class Audit:
    """Everything that an audit found. `private` is the promise in the weights' description, epsilon and delta, if they
    were trained with differential privacy; `notes` are sentences on what else the files beside the weights tell."""

    weights: str
    training: str
    training_size: int
    holdout: str | None
    holdout_size: int
    samples: int
    seed: int
    exact: ExactCopies
    near: NearCopies
    attacks: Sequence[Attack] = ()
    canaries: Sequence[CanaryFigures] = ()
    private: Mapping[str, Any] | None = None
    notes: Sequence[str] = ()
    limits: Sequence[Limit] = field(default=())

    @property
    def broken(self) -> list[Limit]:
        return [limit for limit in self.limits if limit.is_broken]

    def to_json(self) -> dict[str, Any]:
        """JSON values: an interval is value, low and high; what cannot be computed is null."""
        found = _to_json(self)
        assert isinstance(found, dict)
        for one, limit in zip(found["limits"], self.limits, strict=True):
            one["broken"] = limit.is_broken
        return found


@dataclass(frozen=True, slots=True)
class AuditLimits:
    """Limits of figures, each None where there is none.

    `auc`: of the best attack, .5 to 1. `true_positives`: of the best attack at 1% false positives, 0 to 1. `copies`:
    the share of samples that are near copies of training molecules, beyond that of the holdout where there is one.
    `exposure`: mean, in bits, of the canaries that were planted most often.
    """

    auc: float | None = None
    true_positives: float | None = None
    copies: float | None = None
    exposure: float | None = None

    def judge(
        self, near: NearCopies, attacks: Sequence[Attack], canaries: Sequence[CanaryFigures]
    ) -> tuple[Limit, ...]:
        """The limits that are set, with what was found; NaN, which breaks a limit, where nothing was."""
        real = [each for each in attacks if each.name != CONTROL]
        excess = near.excess or near.training.near
        most_planted = [max(each.exposures, key=lambda one: one.times).mean for each in canaries if each.exposures]
        found = (
            ("--most-auc", "AUC of the best attack", self.auc, _most([each.auc for each in real])),
            (
                "--most-true-positives",
                "true positives of the best attack at 1% false positives",
                self.true_positives,
                _most([each.true_positives for each in real]),
            ),
            ("--most-copies", "near copies beyond those of the holdout", self.copies, excess.value),
            (
                "--most-exposure",
                "bits of exposure of the canaries planted most often",
                self.exposure,
                _most(most_planted),
            ),
        )
        return tuple(Limit(option, title, most, value) for option, title, most, value in found if most is not None)


def _most(intervals: Sequence[Interval | None]) -> float:
    values = [each.value for each in intervals if each is not None and not math.isnan(each.value)]
    return max(values, default=float("nan"))


def _to_json(value: object) -> Any:
    if isinstance(value, Interval):
        return {name: _to_json(each) for name, each in value._asdict().items()}
    if is_dataclass(value):
        return {each.name: _to_json(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, Mapping):
        return {str(name): _to_json(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_to_json(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
