"""Draw what was aimed at against what was reached, from the file of `medchem.py control --output`, as an SVG file.

    python scripts/control_chart.py control.csv control.svg --guidance 1 --candidates 4

A panel for each property: the median of the samples of each aim, bars from the 5th to the 95th percentile and, thick,
from the 25th to the 75th; the line is where aim and value are equal. All panels have the same scale for both axes.
"""

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas
from markupsafe import Markup

from molgan.report.charts import Scale, ticks
from molgan.report.standalone import write_standalone
from molgan.report.svg import element
from molgan.scoring.registry import get_scorer

SIDE, LEFT, FOOT, HEAD = 200, 44, 34, 26
COLUMNS = 3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pairs", type=Path)
    parser.add_argument("output", type=Path)
    parser.add_argument("--guidance", type=float, default=1.0)
    parser.add_argument("--candidates", type=int, default=1)
    arguments = parser.parse_args()
    pairs = pandas.read_csv(arguments.pairs)
    pairs = pairs[(pairs.guidance == arguments.guidance) & (pairs.candidates == arguments.candidates)]
    pairs = pairs[pairs.task != "together"].dropna()
    groups = list(pairs.groupby("property", sort=False))
    width, height = SIDE + LEFT + 12, SIDE + HEAD + FOOT
    parts, captions = [], []
    for place, (name, rows) in enumerate(groups):
        x, y = place % COLUMNS * width, place // COLUMNS * height
        parts.append(element("svg", Markup("").join(draw_panel(str(name), rows)), x=x, y=y, width=width, height=height))
        captions.append(f"{name}: mean distance {(rows.reached - rows.aimed).abs().mean():.3g}")
    total = (COLUMNS * width, -(-len(groups) // COLUMNS) * height)
    arguments.output.write_text(write_standalone(parts, *total, description="; ".join(captions)))
    print("; ".join(captions))


def draw_panel(name: str, rows: pandas.DataFrame) -> Iterator[Markup]:
    """The elements of the panel of one property; `rows` has the columns aimed and reached."""
    low, high = (float(value) for value in np.percentile(rows.reached, [1, 99]))
    low, high = min(low, rows.aimed.min()), max(high, rows.aimed.max())
    x, y = Scale(low, high, LEFT, LEFT + SIDE), Scale(low, high, HEAD + SIDE, HEAD)
    unit = getattr(get_scorer(name), "unit", "")
    yield element("text", f"{name} ({unit})" if unit else name, class_="title", x=LEFT, y=16)
    yield element("path", class_="grid", d=f"M{LEFT} {HEAD}v{SIDE}h{SIDE}", fill="none")
    for value in ticks(low, high):
        text = f"{value:g}".replace("-", "\N{MINUS SIGN}")
        yield element("text", text, x=x(value), y=HEAD + SIDE + 16, text_anchor="middle")
        yield element("text", text, x=LEFT - 6, y=y(value) + 4, text_anchor="end")
    yield element("path", class_="axis", d=f"M{x(low)} {y(low)}L{x(high)} {y(high)}", stroke_dasharray="3 3")
    for aim, group in rows.groupby("aimed"):
        p5, p25, p50, p75, p95 = (y(float(value)) for value in np.percentile(group.reached, [5, 25, 50, 75, 95]))
        at = x(float(str(aim)))
        yield element("path", class_="curve", d=f"M{at:.1f} {p5:.1f}V{p95:.1f}")
        yield element("path", class_="curve", d=f"M{at:.1f} {p25:.1f}V{p75:.1f}", style="stroke-width: 6")
        yield element("circle", cx=at, cy=p50, r=4.0, fill="#fff", stroke="#0f6a73", stroke_width=2)


if __name__ == "__main__":
    main()
