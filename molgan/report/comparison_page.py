"""One page on several sets of samples, side by side, beside the data that they should be like."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from markupsafe import Markup

from molgan.evaluation.bias import Bias, Comparison
from molgan.evaluation.composition import PROPERTIES, MoleculeSet
from molgan.evaluation.neighbourhoods import FIGURES
from molgan.report.bias_section import describe_bias, write_interval
from molgan.report.charts import histogram, interval_chart
from molgan.report.page_file import open_templates, read_inline, write_html
from molgan.report.quantities import quantity, write_number

CONTROL = "real molecules"


def write_comparison(
    target: Path,
    comparison: Comparison,
    sets: Mapping[str, MoleculeSet],
    figures: Mapping[str, Mapping[str, float]],
    *,
    data_name: str,
) -> Path:
    """Write the page, whole or not at all, and return its path. Raises RunError where it cannot be written.

    Args:
        target: The HTML file.
        comparison: The bias of each set.
        sets: The molecules of each set.
        figures: Further figures of each set, by their names.
        data_name: What the data is called.
    """
    page = render(comparison, sets, figures, data_name=data_name)
    return write_html(target, page)


def render(
    comparison: Comparison,
    sets: Mapping[str, MoleculeSet],
    figures: Mapping[str, Mapping[str, float]],
    *,
    data_name: str,
) -> str:
    """The HTML of `write_comparison`."""
    environment = open_templates()
    names = list(comparison.sets)
    known = list(dict.fromkeys(name for each in figures.values() for name in each))
    return environment.get_template("comparison.html.j2").render(
        style=read_inline(environment, "report.css"),
        names=names,
        size=next(iter(comparison.sets.values())).size,
        data_name=data_name,
        data_size=len(comparison.data),
        figures=[(name, [_write(figures, each, name) for each in names]) for name in known],
        intervals=_draw_intervals(comparison),
        properties=[_draw_property(i, comparison, sets) for i in range(len(PROPERTIES))],
        sections=[(name, describe_bias(bias)) for name, bias in comparison.sets.items()],
    )


def _write(figures: Mapping[str, Mapping[str, float]], name: str, figure: str) -> str:
    return write_number(figures.get(name, {}).get(figure), 4)


def _draw_intervals(comparison: Comparison) -> list[tuple[str, Markup]]:
    """For each of precision, recall, density and coverage a chart with a line for each set."""
    rows: dict[str, Bias] = dict(comparison.sets)
    if comparison.control is not None:
        rows[CONTROL] = comparison.control
    charts = []
    for figure in FIGURES:
        found = {name: bias.figures[figure] for name, bias in rows.items()}
        described = ", ".join(f"{name} {write_interval(each)}" for name, each in found.items())
        charts.append((figure, interval_chart(found, description=f"{figure}: {described}.")))
    return charts


def _draw_property(
    column: int, comparison: Comparison, sets: Mapping[str, MoleculeSet]
) -> tuple[str, list[tuple[str, Markup, str]]]:
    """The title of a property, and for each set its chart and a note."""
    kind = quantity(PROPERTIES[column])
    known = _finite(comparison.data, column)
    charts = []
    for name, bias in comparison.sets.items():
        values, shift = _finite(sets[name], column), bias.properties[column]
        digits = kind.decimals + 1
        note = f"distance {write_number(shift.distance, digits)}; mean higher by {write_interval(shift.shift, digits)}"
        if len(values) and len(known):
            description = f"Distribution of {kind.title} of {name} and of the data: {note}."
            charts.append((name, histogram(values, known, description=description), note))
    return f"{kind.title}, {kind.unit}" if kind.unit else kind.title, charts


def _finite(some: MoleculeSet, column: int) -> np.ndarray:
    values = some.properties[:, column]
    return np.asarray(values[np.isfinite(values)])
