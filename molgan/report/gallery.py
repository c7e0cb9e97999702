"""The drawn molecules of the report: the best of the library, and its largest scaffold families."""

from dataclasses import dataclass
from typing import Any

import pandas as pd
from markupsafe import Markup

from molgan.report.drawings import draw
from molgan.report.property_section import TRANSFORMED, property_columns
from molgan.report.quantities import quantity, write_number

TOP = 100
FAMILIES = 8
CARD_PROPERTIES = 6
USUAL = ("qed", "sa", "logp", "mw", "tpsa", "fsp3")


@dataclass(frozen=True)
class Entry:
    """A property on a card: its title, its value as text, and its transformed value (0..1) in the objective, if any."""

    name: str
    title: str
    value: str
    desirability: float | None


@dataclass(frozen=True)
class Card:
    """One molecule. `sort` holds the numbers that the page sorts and filters by."""

    id: str
    rank: str
    smiles: str
    drawing: Markup | None
    score: str
    entries: list[Entry]
    similarity: str
    nearest: str
    nearest_drawing: Markup | None
    scaffold: str
    sort: dict[str, float]


@dataclass(frozen=True)
class Family:
    """Molecules that share a Murcko scaffold."""

    scaffold: str
    drawing: Markup | None
    count: int
    best_score: str


def cards(library: pd.DataFrame, top: int = TOP) -> list[Card]:
    """The cards of the first `top` rows of the library, which are its best molecules."""
    if "smiles" not in library:
        return []
    names = card_properties(library)
    return [_card(row, place, names) for place, row in enumerate(library.head(top).to_dict("records"), start=1)]


def card_properties(library: pd.DataFrame) -> list[str]:
    """At most six properties: the objective's components first, then the usual ones."""
    known = [name for name in property_columns(library) if name not in ("score", "nearest_similarity", "realism")]
    objective = [name for name in known if name + TRANSFORMED in library]
    usual = [name for name in USUAL if name in known and name not in objective]
    rest = [name for name in known if name not in objective and name not in usual]
    chosen = [*objective, *usual, *rest][:CARD_PROPERTIES]
    return [name for name in known if name in chosen]


def _card(row: dict[str, Any], place: int, names: list[str]) -> Card:
    smiles = _text(row.get("smiles"))
    identity = _text(row.get("id")) or f"#{place}"
    nearest = _text(row.get("nearest_known"))
    numbers = {name: _finite(row.get(name)) for name in (*names, "score", "nearest_similarity")}
    return Card(
        id=identity,
        rank=write_number(row.get("rank", place), 0),
        smiles=smiles,
        drawing=draw(smiles, label=f"Structure of {identity}"),
        score=write_number(row.get("score"), 3),
        entries=[
            Entry(name, quantity(name).title, quantity(name).write(row[name]), _finite(row.get(name + TRANSFORMED)))
            for name in names
        ],
        similarity=write_number(row.get("nearest_similarity")),
        nearest=nearest,
        nearest_drawing=draw(nearest, label=f"Known compound nearest to {identity}"),
        scaffold=_text(row.get("scaffold")),
        sort={name: round(number, 4) for name, number in numbers.items() if number is not None},
    )


def families(library: pd.DataFrame, count: int = FAMILIES) -> list[Family]:
    """The most frequent Murcko scaffolds of the library, largest first, each with at least two molecules."""
    if "scaffold" not in library:
        return []
    sizes = library["scaffold"].dropna().value_counts()
    largest = sorted(sizes[sizes > 1].items(), key=lambda item: (-item[1], item[0]))
    return [_family(library, name, int(size)) for name, size in largest[:count]]


def _family(library: pd.DataFrame, scaffold: str, size: int) -> Family:
    members = library[library["scaffold"] == scaffold]
    best = float(members["score"].max()) if "score" in members else None
    drawing = draw(scaffold, label=f"Scaffold {scaffold}", width=200, height=130)
    return Family(scaffold, drawing, size, write_number(best, 3))


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _finite(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and value == value else None
