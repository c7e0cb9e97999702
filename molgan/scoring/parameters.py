"""Validate the parameters of a scorer or transform, and name the nearest valid one when a name is wrong."""

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from pydantic import ValidationError

from molgan.base.errors import ConfigError
from molgan.base.nearest import suggest
from molgan.base.settings import Settings

Section = TypeVar("Section", bound=Settings)


def make_name_error(kind: str, name: str, known: Iterable[str]) -> ConfigError:
    """The error for a name that is not registered: `no scorer 'sas', did you mean 'sa'?`, or all names there are."""
    return ConfigError(f"no {kind} {name!r}, {suggest(str(name), sorted(known))}")


def validate_section(section: type[Section], values: Mapping[str, Any], owner: str, context: Any = None) -> Section:
    """`section` with `values`, validated; files are looked for in the folder of the configuration (`context`). Raises
    ConfigError, one line that names `owner` and every wrong value."""
    try:
        return section.model_validate(dict(values), context=context)
    except ValidationError as error:
        faults = "; ".join(fault_message(dict(fault), section) for fault in error.errors())
        raise ConfigError(f"{owner}: {faults}") from None


def fault_message(fault: Mapping[str, Any], section: type[Settings]) -> str:
    """What is wrong with a value of `section`, of which pydantic says `fault`."""
    # Of a union, pydantic also names the member that does not fit, such as "list[str]".
    place = ".".join(str(part) for part in fault["loc"] if "[" not in str(part))
    if fault["type"] == "extra_forbidden":
        return str(make_name_error("parameter", place, section.model_fields))
    if fault["type"] == "missing":
        return f"parameter {place!r} is missing"
    message = str(fault["msg"]).removeprefix("Value error, ")
    return f"{place}: {message}" if place else message
