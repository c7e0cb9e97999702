"""Describes what is wrong with a configuration, a line for each fault, with the nearest valid name."""

from collections.abc import Iterator, Sequence
from typing import Any, get_args, get_origin

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from molgan.base.nearest import suggest
from molgan.base.yaml import Location, YamlFile, quoting_hint


def describe_faults(job: type[BaseModel], faults: Sequence[ErrorDetails], source: YamlFile) -> str:
    """A line for each fault. A value that fits no member of a union has a fault for each; the first one is used."""
    faults = [fault for fault in faults if not _follows_from_another(fault, faults)]
    first = {_value_at(fault, source): fault for fault in reversed(faults)}
    # An unknown key comes first: misspelt, it is the cause of a missing one.
    ordered = sorted((fault for fault in faults if fault in first.values()), key=_is_known_key)
    messages = [(fault["loc"], _describe_fault(job, fault, source)) for fault in ordered]
    return "\n".join(f"{source.place(location, message)}: {message}" for location, message in messages)


def _follows_from_another(fault: ErrorDetails, faults: Sequence[ErrorDetails]) -> bool:
    """Whether a list is too short only because its items are wrong: pydantic counts those that are right."""
    place = fault["loc"]
    return fault["type"] == "too_short" and any(
        len(other["loc"]) > len(place) and other["loc"][: len(place)] == place for other in faults
    )


def _is_known_key(fault: ErrorDetails) -> bool:
    return fault["type"] != "extra_forbidden"


def _value_at(fault: ErrorDetails, source: YamlFile) -> tuple[object, ...]:
    """What the fault is of: the value in the file, or the key that the file lacks."""
    location = fault["loc"]
    if fault["type"] == "missing":
        return location
    if fault["type"] == "value_error":
        return (*location, fault["msg"])
    ends = range(1, len(location) + 1)
    return next((location[: end - 1] for end in ends if source.known(location[:end]) != location[:end]), location)


def _describe_fault(job: type[BaseModel], fault: ErrorDetails, source: YamlFile) -> str:
    location = fault["loc"]
    where = ".".join(str(part) for part in source.known(location))
    match fault["type"]:
        case "extra_forbidden":
            return (
                f"{str(location[-1])!r} is not a key here, {suggest(str(location[-1]), _list_keys(job, location[:-1]))}"
            )
        case "missing":
            return f"{str(location[-1])!r} is missing" + (f" in {where}" if where else "")
        case "model_type" | "model_attributes_type" | "dict_type":
            return f"{where} must be a section, lines of `key: value` below it"
        case "value_error":
            return fault["msg"].removeprefix("Value error, ")
        case _:
            return f"{where}: {fault['msg'][0].lower()}{fault['msg'][1:]}, not {fault['input']!r:.60}" + (
                quoting_hint(fault["input"]) if fault["type"] == "string_type" else ""
            )


def _list_keys(job: type[BaseModel], location: Location) -> list[str]:
    """The valid keys of the section at `location`."""
    kinds: list[Any] = [job]
    for part in location:
        # pydantic adds the name of a union's member to the location; it is not a key of any section.
        kinds = [inner for kind in kinds for inner in _find_inside(kind, part)] or kinds
    return sorted({key for kind in kinds if _is_section(kind) for key in kind.model_fields})


def _find_inside(kind: Any, part: str | int) -> Iterator[Any]:
    if _is_section(kind):
        if part in kind.model_fields:
            yield from _split_union(kind.model_fields[str(part)].annotation)
    elif get_origin(kind) is list and isinstance(part, int):
        yield from _split_union(get_args(kind)[0])


def _split_union(annotation: Any) -> Iterator[Any]:
    """The members of a union, or the type itself."""
    if get_origin(annotation) is list or not get_args(annotation):
        yield annotation
    else:
        for member in get_args(annotation):
            yield from _split_union(member)


def _is_section(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)
