"""Write the pages on scorers in docs/ from the registry.

    python scripts/scorer_pages.py [docs]

docs/scorers.md lists families, transforms and the keys of an objective; docs/scorers_<family>.md has each scorer.
"""

import argparse
import inspect
import math
from collections.abc import Iterable
from pathlib import Path

from molgan.base.field_text import FieldText, describe_fields, value_text
from molgan.base.settings import Settings
from molgan.scoring.base import Scorer
from molgan.scoring.registry import find_scorer, scorer_names
from molgan.scoring.settings import ComponentSettings, ObjectiveSettings
from molgan.scoring.transforms import TRANSFORMS, Identity

NOTE = "<!-- Made by scripts/scorer_pages.py from the code; change it there. -->"
FAMILIES = {
    "physchem": "Physicochemical properties",
    "properties": "Counts, descriptors and shape",
    "synthesis": "Synthesis",
    "plausibility": "Familiarity of the chemistry",
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
CHEAP_FIRST = [
    "A molecule whose total is 0 whatever else is said costs no more calls. The components that veto by a "
    "transformed value of 0 are those of positive weight in the geometric mean and the product, and any with "
    "`veto: true`: with `weight: 0` a gate that counts nothing else. A filter stands in an objective as such a "
    "component: an alert scorer, or a property with the transform `step`.",
    "",
    "What this process computes is asked first, all together. Then come, one after the other and each about the "
    "molecules that are left: models (`qsar`), own scorers and those under a `timeout`, commands and servers, "
    "docking and routes; among equals in the order of the file, and last what cannot veto. Values and order never "
    "depend on a clock. What was not asked is empty, also where a cache has it, and `error` says `not asked: brenk is "
    "0`; a filter on such a column rejects the molecule as not scored. `counts` has `not_asked`, and the report "
    "how many calls that saved.",
    "",
    "The total is that of asking all about everything, which `cheap_first: false` does: a 0 of a component that "
    "vetoes is a total of 0 even where another has no value. A component without a value vetoes only with "
    "`missing: worst`. Vetoed molecules have no place in Pareto's order.",
]
PART_OF = {
    "preference": "qsar",
    "realism": "plausibility",
    "drug_likeness": "physchem",
    "custom_alerts": "substructure",
    "retrosynthesis": "synthesis",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("docs", type=Path, nargs="?", default=Path(__file__).parents[1] / "docs")
    folder = parser.parse_args().docs
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
        *describe_parameters(ComponentSettings),
        "",
        "## An objective",
        "",
        *describe_parameters(ObjectiveSettings, deep=False),
        "",
        "## Cheap first",
        "",
        *CHEAP_FIRST,
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
    """The section on a scorer, below the table; empty where there is nothing to add."""
    lines = []
    if text := own_doc(kind):
        lines += [text, ""]
    if kind.Parameters.model_fields:
        lines += [*describe_parameters(kind.Parameters), ""]
    if not isinstance(kind.default_transform, Identity):
        given = ", ".join(f"{key}: {value_text(value)}" for key, value in kind.default_transform.model_dump().items())
        lines += [f"Default transform: `{{name: {kind.default_transform.name}, {given}}}`", ""]
    return ["", f"## {kind.name}", "", *lines[:-1]] if lines else []


def describe_parameters(section: type[Settings], *, deep: bool = True) -> list[str]:
    text = own_doc(section)
    return [*([text, ""] if text else []), *field_table(describe_fields(section, deep=deep), "parameter")]


WORDS = ("", "required", "the file's")  # defaults that no YAML can say


def field_table(rows: Iterable[FieldText], head: str) -> list[str]:
    cells = [
        (f"`{row.key}`", row.type, row.default if row.default in WORDS else f"`{row.default}`", escape(row.description))
        for row in rows
    ]
    return table((head, "type", "default", "what"), cells)


def escape(text: str) -> str:
    return text.replace("|", "\\|")


def fields(section: type[Settings]) -> str:
    return ", ".join(
        f"`{row.key}`" if row.default == "required" else f"`{row.key}` = {row.default}"
        for row in describe_fields(section, deep=False)
    )


def own_doc(kind: type) -> str:
    """The docstring of a class itself, as paragraphs of one line."""
    paragraphs = inspect.cleandoc(kind.__dict__.get("__doc__") or "").split("\n\n")
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)


def span(kind: type[Scorer]) -> str:
    if math.isinf(kind.low) and math.isinf(kind.high):
        return ""
    return " to ".join(value_text(end).replace("inf", "∞") for end in (kind.low, kind.high))


def table(header: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> list[str]:
    return [f"| {' | '.join(row)} |" for row in (header, ("---",) * len(header), *rows)]


if __name__ == "__main__":
    main()
