"""One page on the trials of a sweep: the figure that is to be best, against each key."""

import json
import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from markupsafe import Markup

from molgan.report.charts import scatter
from molgan.report.page_file import open_templates, read_inline, write_html
from molgan.report.quantities import UNKNOWN, write_short

_MOST_NAMED = 8  # values of a key that are no numbers, told below the chart
_LONGEST = 60


@dataclass(frozen=True)
class PagePoint:
    """A trial: its values by the keys, its `figure` (NaN where there is none), and the page of its run from here."""

    name: str
    values: Mapping[str, Any]
    figure: float
    state: str
    report: str | None


@dataclass(frozen=True)
class KeyChart:
    """`legend`: what the numbers of the axis stand for, where they are places in a list."""

    key: str
    chart: Markup
    legend: str


def write_sweep_page(
    target: Path, name: str, metric: str, points: Sequence[PagePoint], *, logarithmic: Collection[str] = ()
) -> Path:
    """Write the page, whole or not at all, and return its path.

    Args:
        target: The HTML file.
        name: What the sweep is called.
        metric: What the figure is called.
        points: The trials, the best first.
        logarithmic: Keys whose axis is logarithmic.

    Raises:
        RunError: The page cannot be written.
    """
    environment = open_templates()
    keys = list(points[0].values) if points else []
    known = [point for point in points if math.isfinite(point.figure)]
    page = environment.get_template("sweep.html.j2").render(
        style=read_inline(environment, "report.css"),
        name=name,
        metric=metric,
        keys=keys,
        charts=[_draw_key(key, metric, known, key in logarithmic) for key in keys] if known else [],
        rows=[(point, [_write_value(point.values[key]) for key in keys], _write_figure(point)) for point in points],
        done=sum(point.state in ("done", "stopped") for point in points),
    )
    return write_html(target, page)


def _draw_key(key: str, metric: str, points: Sequence[PagePoint], is_log: bool) -> KeyChart:
    values = [point.values[key] for point in points]
    title, legend = key, ""
    if all(isinstance(value, int | float) and not isinstance(value, bool) for value in values):
        places = [math.log10(value) if is_log else float(value) for value in values]
        title = f"log₁₀ of {key}" if is_log else key
    else:
        texts = [_write_value(value) for value in values]
        kinds = sorted(set(texts))
        places = [float(kinds.index(text)) for text in texts]
        more = f" and {len(kinds) - _MOST_NAMED} more" if len(kinds) > _MOST_NAMED else ""
        legend = ", ".join(f"{place}: {text}" for place, text in enumerate(kinds[:_MOST_NAMED])) + more
    chart = scatter(
        np.array(places),
        np.array([point.figure for point in points]),
        np.arange(len(points)) == 0,
        x_title=title,
        y_title=metric,
        description=f"{metric} of each trial against {key}; the best trial in the strong colour.",
    )
    return KeyChart(key, chart, legend)


def _write_value(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, default=str)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _write_figure(point: PagePoint) -> str:
    return write_short(point.figure) if math.isfinite(point.figure) else UNKNOWN
