"""Draws molecules as small inline SVG."""

import re
from collections.abc import Iterable
from typing import Any
from xml.etree import ElementTree

from markupsafe import Markup
from rdkit import Chem, rdBase
from rdkit.Chem import rdChemReactions
from rdkit.Chem.Draw import rdMolDraw2D

from molgan.report.svg import element

# RDKit's own yellow, cyan and light green are too pale to read on white paper.
INK = (0.11, 0.15, 0.19)
PALETTE = {
    -1: INK,
    0: INK,
    1: INK,
    6: INK,
    7: (0.13, 0.29, 0.71),
    8: (0.75, 0.15, 0.11),
    9: (0.05, 0.45, 0.30),
    15: (0.68, 0.36, 0.0),
    16: (0.58, 0.44, 0.0),
    17: (0.05, 0.45, 0.30),
    35: (0.50, 0.22, 0.10),
    53: (0.40, 0.16, 0.52),
}

SVG = "{http://www.w3.org/2000/svg}"


def draw(smiles: str | None, *, label: str, width: int = 240, height: int = 170) -> Markup | None:
    """A drawing with a transparent background that scales with its place; None for SMILES that RDKit cannot read.

    RDKit writes a path with its whole style for each half bond. Paths of the same style are joined, which makes the
    drawing about five times smaller.
    """
    if not isinstance(smiles, str) or not smiles:
        return None
    with rdBase.BlockLogs():
        mol = Chem.MolFromSmiles(smiles)
        if mol is None or mol.GetNumAtoms() == 0:
            return None
        drawer = _open_drawer(width, height)
        try:
            rdMolDraw2D.PrepareAndDrawMolecule(drawer, mol)
        except (ValueError, RuntimeError):
            return None
        drawer.FinishDrawing()
    return _wrap(drawer, "molecule", width, height, label)


def draw_marked(
    mol: Chem.Mol, marked: Iterable[int], *, label: str, colour: tuple[float, float, float], width: int, height: int
) -> Markup | None:
    """A drawing as of `draw`, with some atoms, and the bonds between them, on a ground of a colour (red, green, blue
    from 0 to 1). Coordinates that the molecule has are kept. None where RDKit cannot draw it."""
    atoms = sorted(set(marked))
    ends = [(bond.GetIdx(), {bond.GetBeginAtomIdx(), bond.GetEndAtomIdx()}) for bond in mol.GetBonds()]
    bonds = [bond for bond, both in ends if both.issubset(atoms)]
    with rdBase.BlockLogs():
        drawer = _open_drawer(width, height)
        options: Any = drawer.drawOptions()
        options.setHighlightColour((*colour, 1.0))
        options.highlightBondWidthMultiplier = 14
        options.highlightRadius = 0.36
        try:
            rdMolDraw2D.PrepareAndDrawMolecule(drawer, mol, highlightAtoms=atoms, highlightBonds=bonds)
        except (ValueError, RuntimeError):
            return None
        drawer.FinishDrawing()
    return _wrap(drawer, "molecule", width, height, label)


def draw_reaction(smiles: str, *, label: str, width: int = 720, height: int = 170) -> Markup | None:
    """A drawing of a reaction SMILES, as `draw` draws molecules; None for one that RDKit cannot read."""
    with rdBase.BlockLogs():
        try:
            reaction = rdChemReactions.ReactionFromSmarts(smiles, useSmiles=True)
            drawer = _open_drawer(width, height)
            drawer.DrawReaction(reaction)
        except (ValueError, RuntimeError):
            return None
        drawer.FinishDrawing()
    return _wrap(drawer, "reaction", width, height, label)


def _open_drawer(width: int, height: int) -> rdMolDraw2D.MolDraw2DSVG:
    drawer = rdMolDraw2D.MolDraw2DSVG(width, height)
    options: Any = drawer.drawOptions()  # RDKit's stubs give every option the wrong type
    options.clearBackground = False
    options.bondLineWidth = 1.4
    options.scaleBondWidth = False
    options.fixedBondLength = 26
    options.padding = 0.03
    options.baseFontSize = 0.7
    options.minFontSize = 11
    options.updateAtomPalette(PALETTE)
    return drawer


def _wrap(drawer: rdMolDraw2D.MolDraw2DSVG, kind: str, width: int, height: int, label: str) -> Markup:
    text = drawer.GetDrawingText()
    return element(
        "svg",
        Markup("").join([*_list_grounds(text), *_join_paths(text)]),
        class_=kind,
        viewBox=f"0 0 {width} {height}",
        role="img",
        aria_label=label,
    )


def _list_grounds(svg: str) -> list[Markup]:
    """The grounds of marked atoms."""
    found = []
    for node in ElementTree.fromstring(svg).iter(f"{SVG}ellipse"):
        style = dict(part.split(":", 1) for part in node.get("style", "").split(";") if ":" in part)
        place = {name: float(node.get(name, "0")) for name in ("cx", "cy", "rx", "ry")}
        found.append(element("ellipse", **place, fill=style.get("fill", "none")))
    return found


def _join_paths(svg: str) -> list[Markup]:
    strokes: dict[tuple[str, str, str], list[str]] = {}
    for node in ElementTree.fromstring(svg).iter(f"{SVG}path"):
        style = dict(part.split(":", 1) for part in node.get("style", "").split(";") if ":" in part)
        look = (
            style.get("fill") or node.get("fill") or "none",
            style.get("stroke") or node.get("stroke") or "none",
            style.get("stroke-width", "1").removesuffix("px"),
        )
        strokes.setdefault(look, []).append(_compact(node.get("d", "")))
    return [
        element("path", d="".join(parts), fill=fill, stroke=stroke, stroke_width=width if stroke != "none" else None)
        for (fill, stroke, width), parts in strokes.items()
    ]


def _compact(path: str) -> str:
    return re.sub(r"\s*([MLQCZ])\s*", r"\1", path).replace(".0,", ",").strip()
