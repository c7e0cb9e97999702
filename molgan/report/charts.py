"""Draws the charts of the report, as inline SVG that takes its colours from the page's style sheet."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup

from molgan.report.quantities import MINUS, write_short
from molgan.report.svg import element

WIDTH, HEIGHT = 300, 160
FOOT = 24  # room for the labels under the x axis
BINS = 30
CURVE_POINTS = 80


@dataclass(frozen=True)
class Scale:
    """A linear map from the values `low`..`high` to the positions `start`..`end`."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        return self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start)


def ticks(low: float, high: float, count: int = 4) -> list[float]:
    """About `count` round values (multiples of 1, 2 or 5 times a power of ten) within `low`..`high`, low < high."""
    rough = (high - low) / count
    power = 10.0 ** math.floor(math.log10(rough))
    step = min((factor * power for factor in (1, 2, 5, 10)), key=lambda step: abs(step - rough))
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [round(index * step, 12) + 0.0 for index in range(first, last + 1)]


def histogram(values: np.ndarray, reference: np.ndarray | None, *, description: str) -> Markup:
    """The distribution of `values` as an area, and that of `reference` as a line, each with an area of 1.

    Both are arrays of finite numbers, `values` not empty. Extreme values (0.1 % at either end, if they would make the
    chart more than a quarter wider) are counted in the outermost bins.
    """
    drawn = values if reference is None else np.concatenate([values, reference])
    edges = _bin_edges(drawn)
    own = _density(values, edges)
    other = None if reference is None else _density(reference, edges)
    top = max(own.max(), 0.0 if other is None else other.max())
    x = Scale(edges[0], edges[-1], 6, WIDTH - 6)
    y = Scale(0, top, HEIGHT - FOOT, 6)
    parts = [_x_axis(x), element("path", class_="area", d=_steps(edges, own, x, y, closed=True))]
    if other is not None:
        parts.append(element("path", class_="reference", d=_steps(edges, other, x, y)))
    median = x(float(np.median(values)))
    parts.append(element("line", class_="median", x1=median, x2=median, y1=y(0), y2=6))
    return _chart(parts, description)


def curve(
    steps: Sequence[float],
    values: Sequence[float],
    *,
    description: str,
    events: Sequence[float] = (),
) -> Markup:
    """A line over training steps. Long curves are drawn as means of at most 80 spans, with their range behind them.

    `steps` and `values` are finite and of the same length; `events` are steps to mark with a vertical line.
    """
    order = np.argsort(steps, kind="stable")
    x_values, y_values = np.asarray(steps, float)[order], np.asarray(values, float)[order]
    spans = np.array_split(np.arange(len(x_values)), min(CURVE_POINTS, len(x_values)))
    at = np.array([x_values[span].mean() for span in spans])
    mean = np.array([y_values[span].mean() for span in spans])
    low = np.array([y_values[span].min() for span in spans])
    high = np.array([y_values[span].max() for span in spans])
    # The values of early steps are often extreme; the axis follows the rest of the curve.
    bottom, top = _pad(float(np.quantile(low, 0.01)), float(np.quantile(high, 0.99)))
    left, right = _pad(float(x_values[0]), float(x_values[-1]), share=0)
    x, y = Scale(left, right, 40, WIDTH - 8), Scale(bottom, top, HEIGHT - FOOT, 8)
    parts = [_x_axis(x), *_y_axis(y, x)]
    parts += [
        element("line", class_="event", x1=x(step), x2=x(step), y1=y.start, y2=y.end)
        for step in events
        if left <= step <= right
    ]
    place = [(x(a), y(min(max(m, bottom), top))) for a, m in zip(at, mean, strict=True)]
    if len(spans) < len(x_values):
        over = [(x(a), y(min(max(h, bottom), top))) for a, h in zip(at, high, strict=True)]
        under = [(x(a), y(min(max(v, bottom), top))) for a, v in zip(at, low, strict=True)]
        parts.append(element("path", class_="range", d=_line(over + under[::-1]) + "Z"))
    if len(place) > 1:
        parts.append(element("path", class_="curve", d=_line(place)))
    parts.append(element("circle", class_="end", cx=place[-1][0], cy=place[-1][1], r=2.5))
    return _chart(parts, description)


def scatter(
    x_values: np.ndarray,
    y_values: np.ndarray,
    best: np.ndarray,
    *,
    x_title: str,
    y_title: str,
    description: str,
    x_mark: float | None = None,
) -> Markup:
    """A scatter plot of points.

    Args:
        x_values: Finite coordinates [n].
        y_values: Finite coordinates [n].
        best: The points that are drawn on top in the strong colour, bool [n].
        x_title: Title of the x axis.
        y_title: Title of the y axis.
        description: Text for readers who do not see the chart.
        x_mark: The place of a vertical line, if any.
    """
    width, height, left, foot = 620, 330, 46, 42
    x = Scale(*_pad(float(x_values.min()), float(x_values.max())), left, width - 10)
    y = Scale(*_pad(float(y_values.min()), float(y_values.max())), height - foot, 10)
    parts = [_x_axis(x, foot=height - foot, count=8), *_y_axis(y, x)]
    if x_mark is not None and x.low < x_mark < x.high:
        parts.append(element("line", class_="event", x1=x(x_mark), x2=x(x_mark), y1=y.start, y2=y.end))
    for chosen, name in ((~best, "point"), (best, "point best")):
        dots = "".join(f"M{x(a):.1f} {y(b):.1f}h0" for a, b in zip(x_values[chosen], y_values[chosen], strict=True))
        parts.append(element("path", class_=name, d=dots))
    parts.append(element("text", x_title, class_="title", x=width - 10, y=height - 6, text_anchor="end"))
    parts.append(element("text", y_title, class_="title", x=left + 6, y=20))
    return _chart(parts, description, width, height)


def interval_chart(rows: Mapping[str, tuple[float, float, float]], *, description: str) -> Markup:
    """A line for each name with a value and the ends of its interval, on one axis that begins at 0; NaN has none."""
    height = 34 * len(rows) + FOOT + 6
    known = [end for row in rows.values() for end in row if math.isfinite(end)]
    x = Scale(0, max([1.0, *known]), 6, WIDTH - 6)
    parts = [_x_axis(x, foot=height - FOOT)]
    for place, (name, (value, low, high)) in enumerate(rows.items()):
        y = 34 * place + 26
        parts.append(element("text", name, class_="title", x=6, y=y - 10))
        if math.isfinite(value):
            parts.append(element("line", class_="curve", x1=x(low), x2=x(high), y1=y, y2=y))
            parts.append(element("circle", class_="end", cx=x(value), cy=y, r=3.5))
    return _chart(parts, description, height=height)


def funnel_bar(entered: int, kept: int, first: int) -> Markup:
    """The bar of a stage: the molecules kept in full colour, those dropped behind, both as shares of `first`."""
    scale = 1000 / max(first, 1)
    rects = [
        element("rect", class_="dropped", x=kept * scale, y=0, width=(entered - kept) * scale, height=20),
        element("rect", class_="kept", x=0, y=0, width=kept * scale, height=20),
    ]
    return element(
        "svg",
        Markup("").join(rects),
        class_="funnel-bar",
        viewBox="0 0 1000 20",
        preserveAspectRatio="none",
        aria_hidden="true",
    )


def _chart(parts: Sequence[Markup], description: str, width: int = WIDTH, height: int = HEIGHT) -> Markup:
    body = Markup("").join(parts)
    return element("svg", body, class_="chart", viewBox=f"0 0 {width} {height}", role="img", aria_label=description)


def _x_axis(x: Scale, *, foot: float = HEIGHT - FOOT, count: int = 4) -> Markup:
    parts = [element("line", class_="axis", x1=x.start, x2=x.end, y1=foot, y2=foot)]
    for value in ticks(x.low, x.high, count):
        parts.append(element("line", class_="axis", x1=x(value), x2=x(value), y1=foot, y2=foot + 4))
        anchor = "start" if x(value) - x.start < 8 else "end" if x.end - x(value) < 8 else "middle"
        parts.append(element("text", _tick(value), class_="tick", x=x(value), y=foot + 17, text_anchor=anchor))
    return Markup("").join(parts)


def _y_axis(y: Scale, x: Scale) -> list[Markup]:
    parts = []
    for value in ticks(y.low, y.high, 3):
        parts.append(element("line", class_="grid", x1=x.start, x2=x.end, y1=y(value), y2=y(value)))
        parts.append(element("text", _tick(value), class_="tick", x=x.start - 5, y=y(value) + 4, text_anchor="end"))
    return parts


def _tick(value: float) -> str:
    if value and not 1e-4 <= abs(value) < 1e6:
        return write_short(value)
    text = f"{value:,.6g}" if abs(value) < 1e4 else f"{value / 1000:,.6g}k"
    return text.replace("-", MINUS)


def _pad(low: float, high: float, share: float = 0.05) -> tuple[float, float]:
    around = share * (high - low) if high > low else abs(low) * 0.05 or 0.5
    if low >= 0 and high <= 1:  # the values are shares; an axis beyond 0 or 1 would mislead
        return max(low - around, 0.0), min(high + around, 1.0)
    return low - around, high + around


def _bin_edges(values: np.ndarray) -> np.ndarray:
    low, high = float(values.min()), float(values.max())
    inner_low, inner_high = np.quantile(values, [0.001, 0.999])
    if high - low > 1.25 * (inner_high - inner_low) > 0:
        low, high = float(inner_low), float(inner_high)
    if np.all(values == np.round(values)) and high - low <= 60:
        low, high = math.floor(low), math.ceil(high)
        width = math.ceil((high - low + 1) / BINS)
        return low - 0.5 + width * np.arange(math.ceil((high - low + 1) / width) + 1)
    return np.linspace(*_pad(low, high, share=0), BINS + 1)


def _density(values: np.ndarray, edges: np.ndarray) -> np.ndarray:
    counts, _ = np.histogram(np.clip(values, edges[0], edges[-1]), edges)
    return counts / max(len(values), 1)


def _steps(edges: np.ndarray, heights: np.ndarray, x: Scale, y: Scale, *, closed: bool = False) -> str:
    path = f"M{x(edges[0]):.1f} {y(0):.1f}"
    for right, height in zip(edges[1:], heights, strict=True):
        path += f"V{y(height):.1f}H{x(right):.1f}"
    return path + f"V{y(0):.1f}" + ("Z" if closed else "")


def _line(points: Sequence[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{a:.1f} {b:.1f}" for a, b in points)
