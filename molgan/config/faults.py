"""Describes what is wrong with a configuration, in one line with the nearest valid name."""

import difflib
from collections.abc import Iterator, Sequence
from typing import Any, get_args, get_origin

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from molgan.base.yaml import Location, YamlFile


def describe_fault(job: type[BaseModel], fault: ErrorDetails, source: YamlFile) -> str:
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
            return f"{where}: {fault['msg'][0].lower()}{fault['msg'][1:]}, not {fault['input']!r:.60}"


def suggest(name: str, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    return f"did you mean {near[0]!r}?" if near else f"known: {', '.join(known)}"


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
