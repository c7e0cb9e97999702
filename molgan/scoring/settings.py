"""The configuration of an objective."""

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError, ValidationInfo, model_validator

from molgan.base.errors import ConfigError
from molgan.base.settings import OutputPath, Settings
from molgan.base.yaml import YamlFile
from molgan.scoring.base import Scorer
from molgan.scoring.foreign_code import ForeignCode, find_foreign
from molgan.scoring.own import locate
from molgan.scoring.parameters import fault_message, validate_section
from molgan.scoring.recipe import make_recipe
from molgan.scoring.registry import find_scorer
from molgan.scoring.transforms import Identity, Linear, Transform, get_transform

_LIMITS = {"timeout": None, "retries": 0, "concurrency": None}


class ComponentSettings(Settings):
    """One property that molecules are scored by."""

    scorer: str = Field(
        description="Name of a scorer (see `molgan list scorers`), or your own as module:name or path/to/file.py:name"
    )
    name: str = Field("", description="Name of the column of values; the scorer's name by default")
    weight: float = Field(
        default=1.0,
        ge=0,
        le=1e6,
        description="Weight in the total; 0 reports the value and counts nothing",
    )
    transform: dict[str, Any] | None = Field(
        None,
        description="How good a value is, 0 to 1, as `{name: …, parameter: value, …}`; the scorer's own by default; "
        "see `molgan list transforms`",
    )
    parameters: dict[str, Any] = Field(default_factory=dict, description="Parameters of the scorer")
    timeout: float | None = Field(default=None, gt=0, description="Seconds that a call may take; no limit by default")
    retries: int = Field(default=0, ge=0, le=10, description="Times that a molecule that failed is tried again")
    concurrency: int | None = Field(
        default=None, ge=1, description="Most copies of the scorer that run at the same time; no limit by default"
    )
    missing: Literal["fail", "ignore", "worst"] = Field(
        "fail",
        description="Total of a molecule that lacks this value: missing too, made of the others, or as with value 0",
    )

    veto: bool = Field(
        False,
        description="A transformed value of 0 makes the total 0, whatever the aggregation and the weight; in the "
        "geometric mean and the product every component of positive weight does so",
    )

    @model_validator(mode="before")
    @classmethod
    def _complete(cls, values: Any, info: ValidationInfo) -> Any:
        if not isinstance(values, dict):
            return values
        if not isinstance(scorer := values.get("scorer"), str):
            return values
        scorer = locate(scorer, info)
        values = {**values, "scorer": scorer, "name": values.get("name") or scorer.rpartition(":")[2]}
        if info.context and isinstance(parameters := values.get("parameters"), dict):
            values["parameters"] = _locate(scorer, parameters, info.context)
        return values

    @model_validator(mode="after")
    def _check_buildable(self) -> "ComponentSettings":
        try:
            scorer = self.build_scorer()
            self.build_transform(scorer)
            if self.is_isolated(scorer):
                make_recipe(self.scorer, scorer)
        except ConfigError as error:
            raise ValueError(str(error)) from None
        return self

    def build_scorer(self) -> Scorer:
        """The scorer. A scorer with parameters of the same names also gets the limits of the component. Raises
        ConfigError for a scorer or parameter that does not exist or does not fit."""
        kind = find_scorer(self.scorer)
        limits: dict[str, Any] = {
            name: value
            for name, default in _LIMITS.items()
            if (value := getattr(self, name)) != default and name in kind.Parameters.model_fields
        }
        return kind(**(dict(kind.judging) | limits | self.parameters))

    def build_transform(self, scorer: Scorer) -> Transform:
        """The transform, the scorer's default when none is given. Raises ConfigError for one that does not exist, and
        when there is no default."""
        if self.transform is not None:
            return get_transform(self.transform)
        default = scorer.default_transform
        if not isinstance(default, Identity) or (self.weight == 0 and not self.veto):
            return default
        has_range = math.isfinite(scorer.low) or math.isfinite(scorer.high)
        if has_range and (scorer.low < 0 or scorer.high > 1):
            raise ConfigError(
                f"scorer {scorer.name!r} needs a transform of its values to 0..1, such as "
                "{name: sigmoid, low: …, high: …}; see `molgan list transforms`"
            )
        return Linear(low=scorer.high, high=scorer.low) if has_range and scorer.direction == "low" else default

    def is_isolated(self, scorer: Scorer) -> bool:
        """Whether the scorer runs in processes of its own."""
        # A scorer with a timeout of its own handles it. A user's code may hang or crash.
        has_timeout = "timeout" in scorer.Parameters.model_fields
        return bool(scorer.source) or (self.timeout is not None and not has_timeout)


class ObjectiveSettings(Settings):
    """The objective: components, and the aggregation of their transformed values to one score."""

    components: list[ComponentSettings] = Field(min_length=1, description="Properties that molecules are scored by")
    aggregation: Literal["geometric_mean", "arithmetic_mean", "product", "pareto"] = Field(
        "geometric_mean",
        description="How the total is made: a weighted mean, the product of the values to the powers of their weights, "
        "or the Pareto rank among the molecules scored together",
    )
    cheap_first: bool = Field(
        True,
        description="Components that cost much (models, own scorers, commands, servers, docking, routes) are not asked "
        "about a molecule whose total is 0 by another; false asks all about every molecule, for the same totals",
    )
    cache: OutputPath | None = Field(
        None,
        description="File, relative to the working folder, that keeps the values of costly scorers for other runs; "
        "none by default",
    )

    @model_validator(mode="after")
    def _check_components(self) -> "ObjectiveSettings":
        names = [component.name for component in self.components]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"two components are called {twice[0]!r}: give each its own name")
        if not any(component.weight for component in self.components):
            raise ValueError("every component has weight 0; give at least one a positive weight")
        return self


def load_objective(
    path: Path, on_foreign: Callable[[Sequence[ForeignCode]], None] = lambda found: None
) -> ObjectiveSettings:
    """The section `objective` of a YAML file, or a file that holds nothing else. `on_foreign` gets what it runs and
    calls, before any of it is imported. Raises ConfigError, a line for each fault with file, line and mend."""
    source = YamlFile(path)
    if found := find_foreign(source.values, path.parent):
        on_foreign(found)
    at = ("objective",) if "objective" in source.values else ()
    values = source.values["objective"] if at else source.values
    try:
        return ObjectiveSettings.model_validate(values, context={"folder": path.parent})
    except ValidationError as error:
        lines = []
        for fault in error.errors():
            place = fault["loc"]
            section = ComponentSettings if len(place) > 1 else ObjectiveSettings
            shown = () if fault["type"] == "value_error" else place[-1:]
            message = fault_message({**fault, "loc": shown}, section)
            lines.append(f"{source.place((*at, *place), message)}: {message}")
        raise ConfigError("\n".join(lines)) from None


def _locate(scorer: str, parameters: dict[str, Any], context: Any) -> dict[str, Any]:
    """The parameters with the absolute paths of their files, looked for in the folder of `context`."""
    try:
        section = validate_section(find_scorer(scorer).Parameters, parameters, f"scorer {scorer!r}", context)
    except ConfigError as error:
        raise ValueError(str(error)) from None
    return section.model_dump(exclude_unset=True)
