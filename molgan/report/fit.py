"""Draws how well predictions fit measurements: measured against predicted values, or an ROC curve for classes."""

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from molgan.report.charts import Scale, ticks
from molgan.report.standalone import write_standalone
from molgan.report.svg import element

_SIZE, _LEFT, _FOOT, _TOP = 420, 52, 46, 16

Floats = NDArray[np.float64]


def fit_chart(measured: Floats, predicted: Floats, unseen: NDArray[np.bool_], *, title: str) -> str:
    """An SVG file with each molecule as a point; those that training has not seen are on top in the strong colour."""
    low, high = float(min(measured.min(), predicted.min())), float(max(measured.max(), predicted.max()))
    x, y = _scales(low, high)
    parts = [*_axes(x, y, f"predicted {title}", f"measured {title}"), _diagonal(x, y)]
    for chosen, name in ((~unseen, "point"), (unseen, "point best")):
        dots = "".join(f"M{x(p):.1f} {y(m):.1f}h0" for p, m in zip(predicted[chosen], measured[chosen], strict=True))
        parts.append(element("path", class_=name, d=dots))
    return write_standalone(parts, _SIZE, _SIZE, description=f"Measured against predicted {title}")


def roc_chart(measured: Floats, predicted: Floats, unseen: NDArray[np.bool_], *, title: str) -> str:
    """An SVG file with the share of class 1 above a threshold against the share of class 0, over the molecules that
    training has not seen."""
    order = np.argsort(-predicted[unseen], kind="stable")
    truth, score = measured[unseen][order], predicted[unseen][order]
    last = np.append(np.diff(score) != 0, True)  # equal scores pass the threshold together
    found = np.append(0, np.cumsum(truth)[last] / max(truth.sum(), 1))
    false = np.append(0, np.cumsum(1 - truth)[last] / max((1 - truth).sum(), 1))
    x, y = _scales(0.0, 1.0)
    path = "M" + "L".join(f"{x(a):.1f} {y(b):.1f}" for a, b in zip(false, found, strict=True))
    parts = [*_axes(x, y, "false positive rate", f"true positive rate, {title}"), _diagonal(x, y)]
    parts.append(element("path", class_="curve", d=path))
    return write_standalone(parts, _SIZE, _SIZE, description=f"ROC curve of {title}")


def _scales(low: float, high: float) -> tuple[Scale, Scale]:
    around = 0.04 * (high - low) if (low, high) != (0, 1) else 0.0
    low, high = low - around, high + around
    return Scale(low, high, _LEFT, _SIZE - 12), Scale(low, high, _SIZE - _FOOT, _TOP)


def _axes(x: Scale, y: Scale, x_title: str, y_title: str) -> list[Markup]:
    parts = []
    for value in ticks(x.low, x.high, 6):
        parts.append(element("line", class_="grid", x1=x.start, x2=x.end, y1=y(value), y2=y(value)))
        parts.append(element("line", class_="grid", x1=x(value), x2=x(value), y1=y.start, y2=y.end))
        parts.append(element("text", f"{value:g}", x=x.start - 6, y=y(value) + 4, text_anchor="end"))
        parts.append(element("text", f"{value:g}", x=x(value), y=y.start + 16, text_anchor="middle"))
    parts.append(element("line", class_="axis", x1=x.start, x2=x.end, y1=y.start, y2=y.start))
    parts.append(element("line", class_="axis", x1=x.start, x2=x.start, y1=y.start, y2=y.end))
    parts.append(element("text", x_title, class_="title", x=x.end, y=_SIZE - 10, text_anchor="end"))
    parts.append(element("text", y_title, class_="title", x=x.start + 8, y=y.end + 12))
    return parts


def _diagonal(x: Scale, y: Scale) -> Markup:
    return element("line", class_="event", x1=x.start, x2=x.end, y1=y.start, y2=y.end)
