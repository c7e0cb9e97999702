"""Whether synthetic molecules help, in one line, and the table behind it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from molgan.evaluation.bootstrap import Interval
from molgan.training.augmentation.comparison import Compared
from molgan.training.augmentation.held_out_figures import DECIDING, HIGH_IS_GOOD
from molgan.training.augmentation.remedies import PLAIN, REMEDIES, SYNTHETIC


def does_help(compared: Compared) -> bool:
    """Whether the whole interval of the difference in the deciding figure is on the good side of 0."""
    return _is_gain(compared, SYNTHETIC)


def describe_verdict(compared: Compared) -> str:
    """One line: "helps: PR-AUC .41 → .47 (95% CI +.02 to +.10)", "do not use it: no gain: …" or "do not use it: it
    harms: …"; and the simple remedy that gains as much, where one does."""
    figure = DECIDING[compared.task]
    if not compared.made:
        causes = ", ".join(f"{count:,} {cause}" for cause, count in compared.dropped.most_common(3))
        return f"do not use it: no synthetic molecule got a label ({causes or 'none was drawn'})"
    change = compared.difference(SYNTHETIC, figure)
    numbers = f"{figure} {_format_change(compared, SYNTHETIC, figure)} ({format_interval(change)})"
    if not does_help(compared):
        harms = _sign(figure) * change.low < 0 and _sign(figure) * change.high < 0
        return f"do not use it: {'it harms' if harms else 'no gain'}: {numbers}"
    rival = _find_rival(compared, figure)
    return f"helps: {numbers}" + (f"; so does {rival}: {_format_change(compared, rival, figure)}" if rival else "")


def list_rows(compared: Compared) -> list[dict[str, Any]]:
    """A row for each way to train: its `name`, and for each figure its mean, its difference to the measured molecules
    as they are, and the `low` and `high` ends of the 95% interval of that; or the `reason` why there are none."""
    rows: list[dict[str, Any]] = []
    for name in REMEDIES:
        if not any(name in split.figures for split in compared.splits):
            rows.append({"name": name, "reason": compared.reasons.get(name, "not trained"), "figures": {}})
            continue
        figures: dict[str, dict[str, float]] = {}
        for figure in compared.names:
            change = compared.difference(name, figure)
            ends = {"difference": change.value, "low": change.low, "high": change.high}
            figures[figure] = {"mean": compared.mean(name, figure), **({} if name == PLAIN else ends)}
        rows.append({"name": name, "figures": figures})
    return rows


def format_table(compared: Compared) -> str:
    """The rows as a table in Markdown, with the difference and its interval in the deciding figure."""
    deciding = DECIDING[compared.task]
    lines = [
        f"| | {' | '.join(compared.names)} | {deciding}: difference (95% CI) |",
        "|---" * (len(compared.names) + 2) + "|",
    ]
    return "\n".join([*lines, *_format_rows(compared, deciding)]) + "\n"


def _format_rows(compared: Compared, deciding: str) -> Iterator[str]:
    for row in list_rows(compared):
        if reason := row.get("reason"):
            yield f"| {row['name']} |{' |' * len(compared.names)} {reason} |"
            continue
        means = [format_number(row["figures"][figure]["mean"]) for figure in compared.names]
        ends = row["figures"][deciding]
        change = "" if row["name"] == PLAIN else format_change(Interval(ends["difference"], ends["low"], ends["high"]))
        yield f"| {row['name']} | {' | '.join(means)} | {change} |"


def format_change(change: Interval) -> str:
    """A difference with its interval: +.060 (+.020 to +.100)."""
    ends = " to ".join(format_number(each, signed=True) for each in (change.low, change.high))
    return f"{format_number(change.value, signed=True)} ({ends})"


def format_interval(change: Interval) -> str:
    """The interval of a difference: 95% CI +.020 to +.100."""
    if not math.isfinite(change.low):
        return "no interval, since the figure could be computed in fewer than two held-out parts"
    return f"95% CI {format_number(change.low, signed=True)} to {format_number(change.high, signed=True)}"


def format_number(value: float, *, signed: bool = False) -> str:
    """Three decimals, without a zero before the point; a hyphen for NaN."""
    if not math.isfinite(value):
        return "-"
    text = f"{abs(value):.3f}"
    text = text[1:] if text.startswith("0.") else text
    minus = value < 0 and float(f"{value:.3f}") != 0
    return f"{'-' if minus else '+' if signed else ''}{text}"


def _format_change(compared: Compared, remedy: str, figure: str) -> str:
    return f"{format_number(compared.mean(PLAIN, figure))} → {format_number(compared.mean(remedy, figure))}"


def _find_rival(compared: Compared, figure: str) -> str | None:
    """The simple remedy with the best figure, if it helps, too, and synthetic molecules are not surely better."""
    rivals = [name for name in REMEDIES if name not in (PLAIN, SYNTHETIC) and _is_gain(compared, name)]
    if not rivals:
        return None
    best = max(rivals, key=lambda name: _sign(figure) * compared.mean(name, figure))
    change = compared.difference(SYNTHETIC, figure, best)
    return None if min(_sign(figure) * change.low, _sign(figure) * change.high) > 0 else best


def _is_gain(compared: Compared, remedy: str) -> bool:
    figure = DECIDING[compared.task]
    change = compared.difference(remedy, figure)
    return min(_sign(figure) * change.low, _sign(figure) * change.high) > 0


def _sign(figure: str) -> int:
    return 1 if HIGH_IS_GOOD[figure] else -1
