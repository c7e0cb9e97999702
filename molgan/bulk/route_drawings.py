"""Drawings of the routes of a file of molecules."""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from molgan.base.files import write_files
from molgan.bulk.route_file import route_table
from molgan.chem.reading import Record
from molgan.report.route_drawing import draw_route
from molgan.scoring.scorers.retrosynthesis.route_finder import RouteFinder

_NAME = re.compile(r"[^\w.-]+")


def draw_all(records: Iterable[Sequence[Record]], finder: RouteFinder, folder: Path) -> None:
    """Write an SVG file for each molecule with a route, called by its line and its name. Raises RunError when the
    folder cannot be written."""
    for chunk in records:
        table = route_table([record.smiles if record.reason is None else None for record in chunk], finder)
        for record, route in zip(chunk, table["route"], strict=True):
            if route is not None:
                name = record.fields.get("name", "")
                stem = _NAME.sub("_", f"{record.line:06}_{name}".rstrip("_"))
                title = f"{name or record.smiles}: {len(route.steps)} steps, cost {route.cost:g}"
                write_files(folder, {f"{stem}.svg": [draw_route(route, title=title).encode()]})
