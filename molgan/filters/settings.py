"""The configuration of a funnel."""

from collections.abc import Mapping
from typing import Any

from pydantic import ConfigDict, Field, ValidationError, ValidationInfo, model_validator

from molgan.base.errors import ConfigError
from molgan.base.settings import Settings
from molgan.filters.registry import find_filter, get_filter
from molgan.scoring.parameters import validate_section


class StageSettings(Settings):
    """One filter and its parameters: `{filter: size, min: 12}`, or the filter's name alone."""

    model_config = ConfigDict(extra="allow")

    filter: str = Field(description="Name of the filter; see `molgan list filters`. Its parameters stand beside it")
    name: str = Field("", description="Name of the stage in reports; the filter's by default")

    @property
    def parameters(self) -> dict[str, Any]:
        """The parameters of the filter."""
        return dict(self.model_extra or {})

    @model_validator(mode="before")
    @classmethod
    def _check_stage(cls, values: Any, info: ValidationInfo) -> Any:
        if isinstance(values, str):
            values = {"filter": values}
        if not isinstance(values, Mapping) or not isinstance(name := values.get("filter"), str):
            return values
        given = {key: value for key, value in values.items() if key not in cls.model_fields}
        return {"filter": name, "name": values.get("name") or name, **_validate(name, given, info.context)}


class FunnelSettings(Settings):
    """The stages, in the order in which molecules pass them. Put cheap ones that reject many first."""

    stages: tuple[StageSettings, ...] = Field(min_length=1, description="Filters in the order that molecules pass")

    @model_validator(mode="after")
    def _check_names(self) -> "FunnelSettings":
        names = [stage.name for stage in self.stages]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"two stages are called {twice[0]!r}: give one of them a name of its own")
        return self

    def without(self, column: str) -> tuple["FunnelSettings", list[str]]:
        """The stages that do not read a column of scores, and the names of those that do. Raises ConfigError when no
        stage is left."""
        reading = [stage for stage in self.stages if get_filter(stage.filter, **stage.parameters).column == column]
        others = tuple(stage for stage in self.stages if stage not in reading)
        if not others:
            raise ConfigError(f"filters: every stage reads {column!r}, which only a run has; add a stage that does not")
        return self.model_copy(update={"stages": others}), [stage.name for stage in reading]


def _validate(name: str, given: dict[str, Any], context: Any) -> dict[str, Any]:
    """The validated parameters of a filter; their files are found in the folder of the configuration (`context`)."""
    try:
        section = find_filter(name).Parameters
        try:
            return section.model_validate(given, context=context).model_dump(exclude_unset=True)
        except ValidationError:
            # Raises the same again, in one readable line.
            return validate_section(section, given, f"filter {name!r}").model_dump(exclude_unset=True)
    except ConfigError as error:
        raise ValueError(str(error)) from None
