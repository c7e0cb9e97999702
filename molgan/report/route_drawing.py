"""Draws a synthesis route: a row for each reaction, with its name and what a chemist would object."""

from collections.abc import Iterator

from markupsafe import Markup

from molgan.chem.retrosynthesis.route import Route
from molgan.report.drawings import draw, draw_reaction
from molgan.report.standalone import write_standalone
from molgan.report.svg import element

WIDTH, HEIGHT = 720, 170
_CAPTION = 20
_LINE = 15


def draw_route(route: Route, *, title: str) -> str:
    """The route as an SVG document: the reactions in the order in which they are run, and what is bought."""
    parts, top = [element("text", title, x=10, y=16, class_="title")], _CAPTION + 4
    for part, height in _draw_rows(route):
        parts.append(element("g", part, transform=f"translate(0 {top})"))
        top += height
    for block in route.blocks:
        parts.append(element("text", f"{block.number}: {block.smiles}", x=10, y=top + 10))
        top += _LINE
    return write_standalone(parts, WIDTH, top + 6, description=title)


def describe_step(route: Route, number: int) -> str:
    """The line over reaction `number` (from 1) of a route."""
    step = route.steps[number - 1]
    doubts = f" ({'; '.join(step.doubts)})" if step.doubts else ""
    return f"{number}. {step.title}{doubts}"


def _draw_rows(route: Route) -> Iterator[tuple[Markup, int]]:
    if not route.steps:
        drawing = draw(route.smiles, label=route.smiles, width=WIDTH, height=HEIGHT)
        yield _place(drawing), HEIGHT
    for number, step in enumerate(route.steps, start=1):
        yield element("text", describe_step(route, number), x=10, y=14), _CAPTION
        yield _place(draw_reaction(step.smiles, label=step.title, width=WIDTH, height=HEIGHT)), HEIGHT


def _place(drawing: Markup | None) -> Markup:
    """A drawing with a size of its own, for use in another one."""
    if drawing is None:
        return Markup("")
    return Markup(drawing.replace(Markup("<svg "), Markup(f'<svg width="{WIDTH}" height="{HEIGHT}" '), 1))
