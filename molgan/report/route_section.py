"""The report's section on synthesis: the routes of the best molecules, from routes.json of the run folder."""

import json
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from molgan.chem.retrosynthesis.route import Purchase, Route
from molgan.report.drawings import draw, draw_reaction
from molgan.report.quantities import write_number
from molgan.report.route_drawing import describe_step


@dataclass(frozen=True)
class DrawnStep:
    caption: str
    smiles: str
    drawing: Markup | None


@dataclass(frozen=True)
class DrawnRoute:
    """The route of a molecule of the library, or the `reason` why it has none."""

    id: str
    drawing: Markup | None
    summary: str
    steps: list[DrawnStep]
    blocks: list[Purchase]
    reason: str


def read_routes(text: str) -> list[dict[str, Any]]:
    """The content of routes.json. Raises ValueError for anything else."""
    content = json.loads(text)
    if not isinstance(content, list) or not all(isinstance(each, dict) and "id" in each for each in content):
        raise ValueError("a list of routes is expected")
    return content


def draw_routes(entries: list[dict[str, Any]]) -> list[DrawnRoute]:
    """The routes, in order; an entry that is damaged is left out."""
    return [drawn for entry in entries if (drawn := _draw_entry(entry)) is not None]


def _draw_entry(entry: dict[str, Any]) -> DrawnRoute | None:
    identity, reason = str(entry["id"]), str(entry.get("reason") or "")
    molecule = draw(entry.get("smiles"), label=f"Structure of {identity}", width=200, height=140)
    if entry.get("route") is None:
        return DrawnRoute(identity, molecule, "no route", [], [], reason)
    try:
        route = Route.from_dict(entry["route"])
    except (KeyError, TypeError):
        return None
    steps = [
        DrawnStep(describe_step(route, number), step.smiles, draw_reaction(step.smiles, label=step.title))
        for number, step in enumerate(route.steps, start=1)
    ]
    return DrawnRoute(identity, molecule, _summarise(route), steps, list(route.blocks), reason)


def _summarise(route: Route) -> str:
    if not route.steps:
        return "in stock"
    count = len(route.steps)
    steps = f"{count} step{'s' if count > 1 else ''}"
    line = f", {route.depth} in a line" if route.depth != count else ""
    return f"{steps}{line}, cost {write_number(route.cost, 1)}"
