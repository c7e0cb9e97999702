"""The names that a configuration can use, as lines of text."""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pydantic.fields import FieldInfo

from molgan.base.errors import ConfigError

if TYPE_CHECKING:
    from molgan.scoring.base import Scorer


def scorers() -> list[str]:
    """Name, unit, range, which raw values are usually good, what it is, parameters; those of other packages too."""
    from molgan.scoring.registry import scorer_names

    return _aligned(("scorer", "unit", "range", "good", "what", "parameters"), map(_scorer, scorer_names()))


def filters() -> list[str]:
    """Name, what it keeps, parameters."""
    from molgan.filters.registry import FILTERS

    rows = [(name, each.summary, _fields(each.Parameters.model_fields)) for name, each in FILTERS.items()]
    return _aligned(("filter", "keeps", "parameters"), rows)


def transforms() -> list[str]:
    """Name, what it does, parameters."""
    from molgan.scoring.transforms import TRANSFORMS

    rows = [(name, each.summary, _fields(each.model_fields)) for name, each in TRANSFORMS.items()]
    return _aligned(("transform", "what", "parameters"), rows)


def _scorer(name: str) -> Sequence[str]:
    from molgan.scoring.registry import find_scorer

    try:
        each = find_scorer(name)
    except ConfigError as error:  # a package that this one needs is not installed
        return name, "", "", "", f"not available: {error}", ""
    return name, each.unit, _range(each), each.direction, each.summary, _fields(each.Parameters.model_fields)


def _aligned(header: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    table = [header, *rows]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in table]


def _fields(fields: Mapping[str, FieldInfo]) -> str:
    return ", ".join(name if field.is_required() else f"{name}={_value(field)}" for name, field in fields.items())


def _value(field: FieldInfo) -> str:
    value: Any = field.get_default(call_default_factory=True)
    return str(value) if not isinstance(value, tuple) else ",".join(map(str, value))


def _range(scorer: "type[Scorer]") -> str:
    low, high = (f"{end:g}" if math.isfinite(end) else "" for end in (scorer.low, scorer.high))
    return f"{low}..{high}"
