"""Write the pages on scorers in docs/ from the registry.

    python scripts/scorer_pages.py [docs]

docs/scorers.md lists families, transforms and what an objective says; docs/scorers_<family>.md has each scorer.
"""

import inspect
import math
import sys
import types
import typing
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal

from pydantic.fields import FieldInfo

from molgan.base.settings import Settings
from molgan.scoring.base import Scorer
from molgan.scoring.registry import find_scorer, scorer_names
from molgan.scoring.settings import ComponentSettings, ObjectiveSettings
from molgan.scoring.transforms import TRANSFORMS, Identity

NOTE = "<!-- Made by scripts/scorer_pages.py from the code; change it there. -->"
FAMILIES = {
    "physchem": "Physicochemical properties",
    "properties": "Counts, descriptors and shape",
    "synthesis": "Synthetic accessibility",
    "natural": "Natural products",
    "cns": "Central nervous system",
    "isomer": "Molecular formulas",
    "similarity": "Similarity and applicability domain",
    "pairs": "Matched molecular pairs",
    "substructure": "Substructures",
    "reaction": "Reactions",
    "alerts": "Structural alerts",
    "docking": "Docking",
    "qsar": "Trained models",
    "external": "Commands and servers",
}
PART_OF = {"drug_likeness": "physchem", "custom_alerts": "substructure"}


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parents[1] / "docs"
    for name, text in pages().items():
        (folder / name).write_text(text, encoding="utf-8")


def pages() -> dict[str, str]:
    """The text of each page by its file's name."""
    families: dict[str, list[type[Scorer]]] = {}
    for kind in map(find_scorer, scorer_names()):
        if kind.__module__.startswith("molgan."):
            families.setdefault(family(kind), []).append(kind)
    written = {f"scorers_{name}.md": family_page(name, families[name]) for name in FAMILIES if name in families}
    return {"scorers.md": index(families), **written}


def family(kind: type[Scorer]) -> str:
    """The family that a scorer's module or package is named after, or belongs to."""
    parts = kind.__module__.removesuffix("_scorer").split(".")
    return next(name for part in parts if (name := PART_OF.get(part, part)) in FAMILIES)


def index(families: dict[str, list[type[Scorer]]]) -> str:
    rows = [
        (f"[{title}](scorers_{name}.md)", ", ".join(f"`{kind.name}`" for kind in families[name]))
        for name, title in FAMILIES.items()
        if name in families
    ]
    transforms = [(f"`{name}`", kind.summary, fields(kind)) for name, kind in TRANSFORMS.items()]
    lines = [
        "# Scorers",
        "",
        NOTE,
        "",
        "A scorer gives a raw property in the field's unit, NaN with a reason where it cannot. A transform says how "
        "good a value is, 0 to 1. The aggregation makes one total of the components. `molgan list scorers` and "
        "`molgan list transforms` print the same. Your own: [Scorers of your own](own_scorers.md).",
        "",
        *table(("family", "scorers"), rows),
        "",
        "## A component of an objective",
        "",
        *documented(ComponentSettings),
        "",
        "## An objective",
        "",
        *documented(ObjectiveSettings),
        "",
        "## Transforms",
        "",
        *table(("transform", "what it gives", "parameters"), transforms),
    ]
    return "\n".join(lines) + "\n"


def family_page(name: str, kinds: list[type[Scorer]]) -> str:
    rows = [(f"`{kind.name}`", kind.unit, span(kind), kind.direction, kind.summary) for kind in kinds]
    lines = [f"# {FAMILIES[name]}", "", NOTE, "", "[All scorers](scorers.md)", ""]
    lines += table(("scorer", "unit", "range", "good", "what"), rows)
    for kind in kinds:
        lines += details(kind)
    return "\n".join(lines) + "\n"


def details(kind: type[Scorer]) -> list[str]:
    """What there is to say about a scorer beside its row."""
    lines = []
    if text := own_doc(kind):
        lines += [text, ""]
    if kind.Parameters.model_fields:
        lines += [*documented(kind.Parameters), ""]
    if not isinstance(kind.default_transform, Identity):
        given = ", ".join(f"{key}: {plain(value)}" for key, value in kind.default_transform.model_dump().items())
        lines += [f"Default transform: `{{name: {kind.default_transform.name}, {given}}}`", ""]
    return ["", f"## {kind.name}", "", *lines[:-1]] if lines else []


def documented(section: type[Settings]) -> list[str]:
    rows = [
        (f"`{name}`", kind_of(field.annotation), "required" if field.is_required() else f"`{default(field)}`")
        for name, field in section.model_fields.items()
    ]
    text = [own_doc(base) for base in reversed(section.__mro__) if base not in Settings.__mro__]
    return [*(line for part in text if part for line in (part, "")), *table(("parameter", "type", "default"), rows)]


def fields(section: type[Settings]) -> str:
    return ", ".join(
        f"`{name}`" if field.is_required() else f"`{name}` = {default(field)}"
        for name, field in section.model_fields.items()
    )


def own_doc(kind: type) -> str:
    """The docstring of a class itself, as paragraphs of one line."""
    paragraphs = inspect.cleandoc(kind.__dict__.get("__doc__") or "").split("\n\n")
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)


def span(kind: type[Scorer]) -> str:
    if math.isinf(kind.low) and math.isinf(kind.high):
        return ""
    return f"{plain(kind.low)} to {plain(kind.high)}"


def default(field: FieldInfo) -> str:
    value = field.get_default(call_default_factory=True)
    return '""' if value == "" else plain(value)


def plain(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:g}".replace("inf", "∞")
    return "none" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def kind_of(annotation: Any) -> str:
    """A type in words."""
    origin, inside = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Annotated:
        return kind_of(inside[0])
    if origin is Literal:
        return ", ".join(f"`{one}`" for one in inside)
    if origin in (typing.Union, types.UnionType):
        return " or ".join(kind_of(one) for one in inside if one is not type(None))
    if origin in (list, tuple):
        return f"list of {kind_of(inside[0])}"
    if origin is dict:
        return f"{kind_of(inside[1])} by {kind_of(inside[0])}"
    names = {str: "text", float: "number", int: "integer", bool: "true or false", Path: "path", Any: "anything"}
    return names.get(annotation, getattr(annotation, "__name__", str(annotation)))


def table(header: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> list[str]:
    return [f"| {' | '.join(row)} |" for row in (header, ("---",) * len(header), *rows)]


if __name__ == "__main__":
    main()
