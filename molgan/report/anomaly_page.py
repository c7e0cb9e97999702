"""One page on the strangest molecules of a file, the part to blame coloured."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from markupsafe import Markup
from rdkit import Chem, rdBase

from molgan.chem.formulas import restore_formula
from molgan.report.charts import histogram
from molgan.report.drawings import draw_marked
from molgan.report.page_file import open_templates, read_inline, write_html
from molgan.report.quantities import write_number, write_share, write_short

TOP = 60
"""Molecules that are drawn."""

_BLAMED = (1.0, 0.80, 0.72)
_WIDTH, _HEIGHT = 300, 210
_NAMES = ("id", "name", "title")
_PERCENTILES = ("realism", "critic", "likelihood", "part")
_LIMITS = (0.001, 0.01, 0.05)
_REASONS = 10
_FEWEST = 20  # values that a distribution can be drawn of


@dataclass(frozen=True)
class Odd:
    """A molecule as it is drawn; `entries` are titles with percentiles."""

    rank: str
    name: str
    smiles: str
    drawing: Markup | None
    typicality: str
    blame: str
    fragment: str
    entries: list[tuple[str, str]]


def write_anomalies(
    target: Path, rows: Sequence[Mapping[str, str]], values: np.ndarray, errors: Mapping[str, int], *, name: str
) -> Path:
    """Write the page, whole or not at all, and return its path.

    Args:
        target: The HTML file.
        rows: The strangest rows of a table of anomalies, in the order of their ranks, by the titles of its columns.
        values: The typicality of all rows [n], 0 to 1, NaN where there is none.
        errors: How many rows have none, by the reason.
        name: What the file is called.

    Raises:
        RunError: The page cannot be written.
    """
    judged = values[~np.isnan(values)]
    environment = open_templates()
    page = environment.get_template("anomalies.html.j2").render(
        style=read_inline(environment, "report.css"),
        name=Path(name).name if name != "-" else "standard input",
        rows=len(values),
        judged=len(judged),
        shares=[(write_share(limit), *_count_below(judged, limit)) for limit in _LIMITS],
        chart=_draw_distribution(judged),
        odd=[describe_row(row) for row in rows[:TOP]],
        reasons=[(reason, f"{count:,}") for reason, count in Counter(errors).most_common(_REASONS)],
        more=max(0, len(errors) - _REASONS),
    )
    return write_html(target, page)


def describe_row(row: Mapping[str, str]) -> Odd:
    """A row of a table of anomalies as it is drawn."""
    smiles = restore_formula(row["smiles"])
    title = next((row[key] for key in row if key.lower() in _NAMES and row[key]), f"line {row['line']}")
    return Odd(
        rank=row["rank"],
        name=restore_formula(title),
        smiles=smiles,
        drawing=draw_blamed(smiles, [int(atom) for atom in row["atoms"].split()]),
        typicality=write_short(float(row["typicality"])),
        blame=restore_formula(row["blame"]),
        fragment=restore_formula(row["fragment"]),
        entries=[(key.capitalize(), write_number(float(row[key]), 3)) for key in _PERCENTILES],
    )


def draw_blamed(smiles: str, atoms: Sequence[int]) -> Markup | None:
    """A drawing with some atoms, as numbered in the SMILES, on a coloured ground; None for what cannot be drawn."""
    with rdBase.BlockLogs():
        mol = Chem.MolFromSmiles(smiles.strip().partition(" ")[0])
    if mol is None or not all(atom < mol.GetNumAtoms() for atom in atoms):
        return None
    return draw_marked(mol, atoms, label=f"Structure of {smiles}", colour=_BLAMED, width=_WIDTH, height=_HEIGHT)


def _count_below(values: np.ndarray, limit: float) -> tuple[str, str]:
    """How many molecules are below a percentile, and how many of as many real ones would be."""
    return f"{int((values < limit).sum()):,}", write_number(limit * len(values), 0 if limit * len(values) >= 10 else 1)


def _draw_distribution(values: np.ndarray) -> Markup | None:
    if len(values) < _FEWEST:
        return None
    real = (np.arange(1000) + 0.5) / 1000  # the percentiles of real molecules are even
    return histogram(values, real, description="Distribution of typicality in the file, and among real molecules.")
