"""Transforms from a raw value to how good it is, 0 (bad) to 1 (good). NaN stays NaN.

All but `identity` and `linear` have the names and formulas of REINVENT4: H. H. Loeffler et al., J. Cheminform. 16, 20
(2024), `reinvent/scoring/transforms`.
"""

from abc import abstractmethod
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydantic import Field, model_validator

from molgan.base.errors import ConfigError
from molgan.base.settings import Settings
from molgan.scoring.parameters import make_name_error, validate_section
from molgan.scoring.registration import is_shipped, register_class

Values = NDArray[np.float64]

TRANSFORMS: dict[str, "type[Transform]"] = {}
"""The transforms by name, in the order of their definition, and those that a program has registered."""


def register(transform: "type[Transform]") -> "type[Transform]":
    """Make a transform of a program's own known by its name; usable as a decorator. Raises ValueError when another
    transform has the name."""
    register_class(TRANSFORMS, transform, "transform")
    return transform


class Transform(Settings):
    """A transform; its fields are its parameters. One of molgan's that has a `name` is registered under it."""

    name: ClassVar[str]
    summary: ClassVar[str]

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if is_shipped(cls):
            register(cls)

    def __call__(self, values: ArrayLike) -> Values:
        """Array in, array of the same shape in 0..1 out."""
        raw = np.asarray(values, dtype=np.float64)
        # Plus 0, so that no value is -0.
        return np.where(np.isnan(raw), np.nan, np.clip(self._apply(raw), 0.0, 1.0)) + 0.0

    @abstractmethod
    def _apply(self, values: Values) -> Values:
        """The transformed values; the caller handles NaN and clips to 0..1."""


class _Range(Transform):
    low: float = Field(description="Raw value where the range begins")
    high: float = Field(description="Raw value where the range ends, not below `low`")

    @model_validator(mode="after")
    def _check_order(self) -> "_Range":
        if self.low > self.high:
            raise ValueError(f"low ({self.low:g}) is above high ({self.high:g})")
        return self


class Identity(Transform):
    name = "identity"
    summary = "The value itself, cut off at 0 and 1"

    def _apply(self, values: Values) -> Values:
        return values


class Sigmoid(_Range):
    """1 / (1 + 10^(-10 k (x - (low + high) / 2) / (high - low))): with k = 0.5, .003 at low and .997 at high."""

    name = "sigmoid"
    summary = "Rises from 0 at low to 1 at high"
    k: float = Field(default=0.5, gt=0, description="Steepness; at 0.5 it is .003 and .997 at the ends of the range")

    def _apply(self, values: Values) -> Values:
        return _sigmoid(values - (self.low + self.high) / 2, 10 * self.k, self.high - self.low)


class ReverseSigmoid(Sigmoid):
    """1 minus the sigmoid."""

    name = "reverse_sigmoid"
    summary = "Falls from 1 at low to 0 at high"

    def _apply(self, values: Values) -> Values:
        return 1 - super()._apply(values)


class DoubleSigmoid(_Range):
    """Left of the middle 1 / (1 + 10^(-(coef_si / coef_div) (x - low))), right of it its mirror image at high with
    coef_se: one half at low and at high, steeper as coef_si and coef_se grow."""

    name = "double_sigmoid"
    summary = "1 between low and high, one half at them, 0 beyond"
    coef_div: float = Field(default=100.0, ge=0, description="Width of both slopes, in units of the raw value times k")
    coef_si: float = Field(default=150.0, gt=0, description="Steepness of the slope at `low`")
    coef_se: float = Field(default=150.0, gt=0, description="Steepness of the slope at `high`")

    def _apply(self, values: Values) -> Values:
        left = _sigmoid(values - self.low, self.coef_si, self.coef_div)
        right = 1 - _sigmoid(values - self.high, self.coef_se, self.coef_div)
        return np.where(values < (self.low + self.high) / 2, left, right)


class Step(_Range):
    name = "step"
    summary = "1 from low to high, both included, 0 outside"

    def _apply(self, values: Values) -> Values:
        return ((self.low <= values) & (values <= self.high)).astype(np.float64)


class LeftStep(Transform):
    name = "left_step"
    summary = "1 up to low, low included, 0 above"
    low: float = Field(description="Largest raw value that gives 1")

    def _apply(self, values: Values) -> Values:
        return (values <= self.low).astype(np.float64)


class RightStep(Transform):
    name = "right_step"
    summary = "1 from high on, high included, 0 below"
    high: float = Field(description="Smallest raw value that gives 1")

    def _apply(self, values: Values) -> Values:
        return (values >= self.high).astype(np.float64)


class ExponentialDecay(Transform):
    """exp(-k x), and 1 below 0."""

    name = "exponential_decay"
    summary = "1 at and below 0, falls to 1/e at 1/k"
    k: float = Field(gt=0, description="Rate of the decay, per unit of the raw value")

    def _apply(self, values: Values) -> Values:
        return np.asarray(np.exp(-self.k * np.maximum(values, 0.0)))


class ValueMapping(Transform):
    """For counts and other values from a short list. REINVENT4 gives no value for what is not in the mapping."""

    name = "value_mapping"
    summary = "What a mapping of values says, otherwise `default`"
    mapping: dict[float, Annotated[float, Field(ge=0, le=1)]] = Field(
        min_length=1, description="Transformed value, 0 to 1, by raw value"
    )
    default: float = Field(default=0.0, ge=0, le=1, description="Transformed value of all other raw values")

    def _apply(self, values: Values) -> Values:
        result = np.full(values.shape, self.default)
        for value, good in self.mapping.items():
            result[values == value] = good
        return result


class Linear(Transform):
    """`low` may lie above `high`: then small values are good."""

    name = "linear"
    summary = "0 at low, 1 at high, a straight line between"
    low: float = Field(description="Raw value that gives 0; above `high` where small values are good")
    high: float = Field(description="Raw value that gives 1")

    @model_validator(mode="after")
    def _check_ends(self) -> "Linear":
        if self.low == self.high:
            raise ValueError("low and high are equal")
        return self

    def _apply(self, values: Values) -> Values:
        return (values - self.low) / (self.high - self.low)


def _sigmoid(x: Values, k: float, width: float) -> Values:
    """1 / (1 + 10^(-k x / width)), without overflow; a step that is 0 at 0 when `width` is 0."""
    if width == 0:
        return (x > 0).astype(np.float64)
    with np.errstate(over="ignore"):
        return np.asarray(0.5 * (1 + np.tanh(0.5 * np.log(10.0) * k / width * x)))


def get_transform(settings: Mapping[str, Any]) -> Transform:
    """The transform that `{name: …, parameter: value, …}` describes. Raises ConfigError with the nearest valid name."""
    parameters = dict(settings)
    name = parameters.pop("name", None)
    if name is None:
        raise ConfigError(f"a transform needs a name: {', '.join(sorted(TRANSFORMS))}")
    if name not in TRANSFORMS:
        raise make_name_error("transform", name, TRANSFORMS)
    return validate_section(TRANSFORMS[name], parameters, f"transform {name!r}")
