"""The verbs that describe configurations: list, schema."""

import json
import math
from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from molgan.base.errors import ConfigError, InputError
from molgan.cli.output import open_output

if TYPE_CHECKING:
    from molgan.base.settings import Settings
    from molgan.scoring.base import Scorer


class Kind(StrEnum):
    """The lists that can be printed."""

    SCORERS = "scorers"
    FILTERS = "filters"
    TRANSFORMS = "transforms"
    WEIGHTS = "weights"
    SETTINGS = "settings"


def list_(
    kind: Annotated[Kind, typer.Argument(help="What to list.")],
    section: Annotated[
        str | None,
        typer.Argument(
            metavar="[SECTION]",
            help="Of settings: a section (reinforce, reinforce.collapse), scorer, filter or transform.",
        ),
    ] = None,
) -> None:
    """List the names that a configuration can use, with what each means, or the keys of configurations.

    Example: `molgan list scorers`, `molgan list settings reinforce`, `molgan list weights`
    """
    if section is not None and kind is not Kind.SETTINGS:
        raise InputError(f"only settings have sections; write `molgan list settings {section}`")
    print("\n".join(_settings(section) if kind is Kind.SETTINGS else _LISTS[kind]()))


def schema(
    output: Annotated[str, typer.Option("-o", "--output", help="A JSON file; - writes to stdout.")] = "-",
) -> None:
    """Write the JSON Schema of campaigns and trainings, with which an editor completes and checks YAML files.

    Example: `molgan schema -o schema.json`
    """
    from molgan.config.schema import job_schema

    with open_output(output) as stream:
        stream.write((json.dumps(job_schema(), indent=1, ensure_ascii=False) + "\n").encode())


def _settings(section: str | None) -> list[str]:
    """A table of settings: key, type with range, default, description."""
    from molgan.config.setting_lists import find_settings, list_settings

    rows = list_settings() if section is None else find_settings(section)
    cells = [(row.key, row.type, row.default, row.description) for row in rows]
    return align(("key", "type", "default", "description"), cells)


def _scorers() -> list[str]:
    """A table of scorers, those of other packages included: name, unit, range, good direction, summary, parameters."""
    from molgan.scoring.registry import scorer_names

    return align(("scorer", "unit", "range", "good", "what", "parameters"), map(_scorer, scorer_names()))


def _filters() -> list[str]:
    """A table of filters: name, what each keeps, parameters."""
    from molgan.filters.registry import FILTERS

    rows = [(name, each.summary, _parameters(each.Parameters)) for name, each in FILTERS.items()]
    return align(("filter", "keeps", "parameters"), rows)


def _transforms() -> list[str]:
    """A table of transforms: name, what each does, parameters."""
    from molgan.scoring.transforms import TRANSFORMS

    rows = [(name, each.summary, _parameters(each)) for name, each in TRANSFORMS.items()]
    return align(("transform", "what", "parameters"), rows)


def _weights() -> list[str]:
    """What each of the shipped weights knows, a block for each."""
    from molgan.models.catalogue import list_cards

    lines: list[str] = []
    for card in list_cards():
        rows = [
            ("knows", card.knows),
            ("size", f"up to {card.atoms} heavy atoms"),
            ("elements", " ".join(card.elements)),
            ("charges", _say(card.charges)),
            ("stereo", _say(card.stereo)),
            ("aims at", ", ".join(card.aims) or "nothing"),
            ("data", card.data),
            ("figures", card.figures),
            ("licence", card.licence),
            ("date", card.date),
        ]
        lines += [card.name, *align(("", ""), [(f"  {name}", text) for name, text in rows])[1:], ""]
    return lines[:-1]


def _say(yes: bool) -> str:
    return "yes" if yes else "no"


_LISTS = {Kind.SCORERS: _scorers, Kind.FILTERS: _filters, Kind.TRANSFORMS: _transforms, Kind.WEIGHTS: _weights}


def _scorer(name: str) -> Sequence[str]:
    from molgan.scoring.registry import find_scorer

    try:
        each = find_scorer(name)
    except ConfigError as error:  # the scorer needs a package that is not installed
        return name, "", "", "", f"not available: {error}", ""
    return name, each.unit, _range(each), each.direction, each.summary, _parameters(each.Parameters)


def align(header: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """The lines of a table whose columns are as wide as their longest cells."""
    table = [header, *rows]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in table]


def _parameters(section: "type[Settings]") -> str:
    from molgan.base.field_text import describe_fields

    rows = describe_fields(section, deep=False)
    return ", ".join(row.key if row.default == "required" else f"{row.key}={row.default}" for row in rows)


def _range(scorer: "type[Scorer]") -> str:
    low, high = (f"{end:g}" if math.isfinite(end) else "" for end in (scorer.low, scorer.high))
    return f"{low}..{high}"
