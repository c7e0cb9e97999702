"""The fields of a settings class in words: key, type with its range, default, description."""

import types
import typing
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from annotated_types import Ge, Gt, Le, Lt
from pydantic.fields import FieldInfo

from molgan.base.settings import Settings

_NAMES = {str: "text", float: "number", int: "integer", bool: "true or false", Path: "path", Any: "anything"}


@dataclass(frozen=True, slots=True)
class FieldText:
    """One key of a YAML file as a row of a table. `default` is written as in YAML, or is `required`."""

    key: str
    type: str
    default: str
    description: str


def describe_fields(section: type[Settings], prefix: str = "", *, deep: bool = True) -> list[FieldText]:
    """One row for each field, in order. With `deep`, the fields of an inner section follow below its own row: `N`
    stands for a position in a list, `NAME` for a key of the user's choice."""
    return list(_rows(section, prefix, deep, None))


def default_text(field: FieldInfo) -> str:
    """The default of a field as YAML writes it, or `required`."""
    return "required" if field.is_required() else value_text(field.get_default(call_default_factory=True))


def value_text(value: Any) -> str:
    """A value as YAML writes it, in one line; sections are left out."""
    if isinstance(value, Settings):
        return ""
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "null"}[value]
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(value_text, value))}]"
    return f"{value:g}" if isinstance(value, float) else str(value) or '""'


def type_text(annotation: Any, limits: Sequence[Any] = ()) -> str:
    """A type in words, with the range that `limits` (a field's metadata) sets."""
    origin, inside = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Annotated:
        return type_text(inside[0], inside[1].metadata if isinstance(inside[1], FieldInfo) else inside[1:])
    if origin is Literal:
        *first, last = map(str, inside)
        return f"{', '.join(first)} or {last}" if first else last
    if origin in (typing.Union, types.UnionType):
        return " or ".join(type_text(member, limits) for member in inside if member is not types.NoneType)
    if origin is tuple and inside[-1] is not Ellipsis:
        return f"list of {len(inside)}: {type_text(inside[0])}"
    if origin in (list, tuple):
        return f"list of: {type_text(inside[0])}"
    if origin is dict:
        return f"mapping to: {type_text(inside[1])}"
    if isinstance(annotation, type) and issubclass(annotation, Settings):
        return "section"
    return f"{_NAMES.get(annotation, str(annotation))} {_range_text(limits)}".rstrip()


def _rows(section: type[Settings], prefix: str, deep: bool, given: Any) -> Iterator[FieldText]:
    """`given` is the section's default value, where it differs from the defaults of its class."""
    for name, field in section.model_fields.items():
        key = f"{prefix}{name}"
        value = getattr(given, name, None)
        default = default_text(field) if given is None or field.is_required() else value_text(value)
        yield FieldText(key, type_text(field.annotation, field.metadata), default, field.description or "")
        for infix, inner in find_sections(field.annotation) if deep else ():
            usual = field.get_default(call_default_factory=True) if given is None else value
            yield from _rows(inner, f"{key}.{infix}", deep, usual if isinstance(usual, inner) else None)


def find_sections(annotation: Any, infix: str = "") -> Iterator[tuple[str, type[Settings]]]:
    """The sections that a value of this type may be or hold, each with the text between its key and theirs."""
    if isinstance(annotation, type) and issubclass(annotation, Settings):
        yield infix, annotation
    infix += {list: "N.", tuple: "N.", dict: "NAME."}.get(typing.get_origin(annotation), "")
    for member in typing.get_args(annotation):
        yield from find_sections(member, infix)


def _range_text(limits: Sequence[Any]) -> str:
    signs = {Ge: "≥", Gt: ">", Le: "≤", Lt: "<"}
    ends = [
        f"{signs[type(limit)]} {getattr(limit, type(limit).__name__.lower())}"
        for limit in limits
        if type(limit) in signs
    ]
    return ", ".join(ends)
