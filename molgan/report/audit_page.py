"""One page on what weights reveal of their training data."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from markupsafe import Markup

from molgan.evaluation.bootstrap import Interval
from molgan.evaluation.exposure import CHANCE
from molgan.evaluation.privacy_figures import CONTROL, Attack, Audit, Limit
from molgan.report.bias_section import write_interval
from molgan.report.charts import interval_chart
from molgan.report.page_file import open_templates, read_inline, write_html
from molgan.report.quantities import UNKNOWN, write_number, write_share

_CHANCE_OF = {"auc": 0.5, "true_positives": 0.01}


def write_audit(target: Path, audit: Audit) -> Path:
    """Write the page, whole or not at all, and return its path. Raises RunError where it cannot be written."""
    return write_html(target, render_audit(audit))


def render_audit(audit: Audit) -> str:
    """The HTML of `write_audit`."""
    environment = open_templates()
    return environment.get_template("audit.html.j2").render(
        style=read_inline(environment, "report.css"),
        audit=audit,
        sentences=describe_audit(audit),
        limits=[_describe_limit(limit) for limit in audit.limits],
        copies=_list_copies(audit),
        attacks=[_describe_attack(attack) for attack in audit.attacks],
        charts=_draw_attacks(audit.attacks),
        canaries=[
            (
                each.title,
                write_number(each.highest, 1),
                [
                    (str(one.times), str(one.canaries), write_interval(one.mean, 1), write_number(one.most, 1))
                    for one in each.exposures
                ],
            )
            for each in audit.canaries
        ],
        chance=write_number(CHANCE, 1),
        control=CONTROL,
    )


def describe_audit(audit: Audit) -> list[str]:
    """The findings as sentences, the first of all the limits that are broken."""
    found = []
    for limit in audit.broken:
        value = write_number(limit.found, 3)
        found.append(f"Limit broken: {limit.title}: {value}, at most {write_number(limit.most, 3)} allowed.")
    if audit.limits and not audit.broken:
        found.append(f"All {len(audit.limits)} limits are kept." if len(audit.limits) > 1 else "The limit is kept.")
    found.append(_describe_copying(audit))
    measured = [attack for attack in audit.attacks if attack.auc is not None and attack.name != CONTROL]
    if measured:
        best = max(measured, key=lambda attack: attack.auc.value if attack.auc is not None else 0.0)
        assert best.auc is not None and best.true_positives is not None
        hits = f"at 1% false positives it finds {write_share(best.true_positives.value)} of them"
        tell = "tells members from others" if best.auc.low > 0.5 else "hardly tells members from others, if at all"
        found.append(f"The best attack, by {best.title}, {tell}: AUC {write_interval(best.auc)}; {hits}.")
    for each in audit.canaries[-1:]:
        most = max(each.exposures, key=lambda one: one.times, default=None)
        if most is not None:
            bits = f"{write_interval(most.mean, 1)} bits of {write_number(each.highest, 1)}"
            found.append(
                f"Canaries planted {most.times} times are exposed by {bits}; {write_number(CHANCE, 1)} is chance."
            )
    control = next((one for one in audit.attacks if one.name == CONTROL and one.auc is not None), None)
    if control is not None and control.auc is not None and (control.auc.low > 0.5 or control.auc.high < 0.5):
        found.append(
            f"The base, which has seen neither, tells the two files apart, too (AUC {write_interval(control.auc)}): "
            "the holdout is no random part of the same set, and the other attacks do not measure leaks alone."
        )
    return found


def _describe_copying(audit: Audit) -> str:
    near, exact = audit.near, audit.exact
    text = f"{write_share(near.training.near.value)} of the samples are near copies of {near.size:,} training molecules"
    if near.holdout is not None:
        text += f", {write_share(near.holdout.near.value)} of as many held-out ones"
    if exact.ratio is not None and exact.ratio.value == exact.ratio.value:
        text += f"; a training molecule is drawn {write_interval(exact.ratio, 2)} times as often as a held-out one"
    return f"{text}."


def _describe_limit(limit: Limit) -> tuple[str, str, str, str]:
    return (
        limit.option,
        limit.title,
        f"{write_number(limit.found, 3)} of at most {write_number(limit.most, 3)}",
        "broken" if limit.is_broken else "kept",
    )


def _list_copies(audit: Audit) -> list[tuple[str, str, str]]:
    """Title, and the figures of training set and holdout."""
    exact, near = audit.exact, audit.near
    rows = [
        (
            "Molecules of the file",
            f"{exact.training_size:,}",
            "" if exact.holdout is None else f"{exact.holdout_size:,}",
        ),
        ("Samples that are in the file", f"{exact.training:,}", "" if exact.holdout is None else f"{exact.holdout:,}"),
        ("Molecules compared for nearness", f"{near.size:,}", f"{near.size:,}" if near.holdout else ""),
        (
            "Samples that are near copies (Tanimoto ≥ 0.9)",
            write_interval(near.training.near, 4),
            "" if near.holdout is None else write_interval(near.holdout.near, 4),
        ),
        (
            "Distance to the nearest over that to the second nearest (median)",
            write_number(near.training.distance_ratio, 3),
            "" if near.holdout is None else write_number(near.holdout.distance_ratio, 3),
        ),
    ]
    for title, value in (
        ("Near copies beyond those of the holdout", near.excess),
        ("Samples nearer to training than to holdout (0.5 by chance)", near.closer),
        ("Times that a training molecule is drawn for one held out (1 by chance)", exact.ratio),
    ):
        if value is not None:
            rows.append((title, write_interval(value, 4), ""))
    return rows


def _describe_attack(attack: Attack) -> tuple[str, str, str, str, str]:
    count = f"{attack.members:,} + {attack.others:,}" if attack.members else ""
    return attack.title, count, _write(attack.auc), _write(attack.true_positives), attack.note


def _write(value: Interval | None) -> str:
    return UNKNOWN if value is None else write_interval(value)


def _draw_attacks(attacks: Sequence[Attack]) -> list[tuple[str, Markup]]:
    charts = []
    for figure, title in (("auc", "AUC"), ("true_positives", "True positives at 1% false positives")):
        rows = {each.title: getattr(each, figure) for each in attacks if getattr(each, figure) is not None}
        if rows:
            described = ", ".join(f"{name} {write_interval(each)}" for name, each in rows.items())
            name = f"{title} ({_CHANCE_OF[figure]:g} by chance)"
            charts.append((name, interval_chart(rows, description=f"{title}: {described}.")))
    return charts
