"""Training in the report: small charts of the metrics of each training stage, and events of the collapse watch."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from molgan.report.charts import curve
from molgan.report.milestones import Milestone, milestones
from molgan.report.quantities import METRICS, metric_title, title_of, write_short

MAX_CHARTS = 12
NOT_DRAWN = frozenset({"step", "epoch", "time", "seconds", "elapsed"})


@dataclass(frozen=True)
class Chart:
    """One metric of a stage: its curve and its value at the last step."""

    title: str
    last: str
    svg: Markup


@dataclass(frozen=True)
class TrainingStage:
    """A stage of training with its charts and best molecules; `omitted` are titles of metrics that are not drawn,
    `refused` is the number of candidates that were refused before scoring, with the reasons; empty for none."""

    title: str
    steps: int
    charts: list[Chart]
    omitted: list[str]
    refused: str
    milestones: list[Milestone]


@dataclass(frozen=True)
class Event:
    """An event of the collapse watch."""

    stage: str
    step: str
    text: str


def training_stages(rows: list[dict[str, Any]], titles: Mapping[str, str]) -> list[TrainingStage]:
    """One entry for each stage, in the order in which the stages ran; well-known metrics come first."""
    by_stage: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        if _number(row.get("step")) is not None:
            by_stage.setdefault(str(row.get("stage", "training")), []).append(row)
    return [_stage(_title(name, titles), found) for name, found in by_stage.items()]


def _title(name: str, titles: Mapping[str, str]) -> str:
    """The title of a stage; "distil 2" gets the title of "distil" with its number."""
    word, blank, number = name.partition(" ")
    return titles[word] + blank + number if word in titles else title_of(name)


def _stage(title: str, rows: list[dict[str, Any]]) -> TrainingStage:
    marks = [float(row["step"]) for row in rows if _is_event(row)]
    series: dict[str, list[tuple[float, float]]] = {}
    for row in rows:
        for metric, value in row.items():
            if metric not in NOT_DRAWN and (number := _number(value)) is not None:
                series.setdefault(metric, []).append((float(row["step"]), number))
    order = list(METRICS)
    names = sorted(series, key=lambda metric: order.index(metric) if metric in METRICS else len(order))
    return TrainingStage(
        title=title,
        steps=len({row["step"] for row in rows}),
        charts=[_chart(title, metric, series[metric], marks) for metric in names[:MAX_CHARTS]],
        omitted=[metric_title(metric) for metric in names[MAX_CHARTS:]],
        refused=f"{rows[-1]['refused']:,}: {rows[-1]['refusals']}" if rows[-1].get("refusals") else "",
        milestones=milestones(rows),
    )


def _chart(stage: str, metric: str, points: list[tuple[float, float]], marks: list[float]) -> Chart:
    steps, values = zip(*points, strict=True)
    title, last = metric_title(metric), write_short(values[-1])
    description = (
        f"{stage}: {title} over steps {write_short(min(steps))} to {write_short(max(steps))}, "
        f"from {write_short(values[0])} to {last}."
    )
    return Chart(title, last, curve(steps, values, description=description, events=marks))


def collapse_events(rows: list[dict[str, Any]], titles: Mapping[str, str]) -> list[Event]:
    """The rows that carry an `event`, with its `message` when it has one."""
    return [
        Event(
            stage=_title(str(row.get("stage", "")), titles),
            step=str(row.get("step", "")),
            text=str(row.get("message") or row.get("reason") or title_of(row["event"])),
        )
        for row in rows
        if _is_event(row)
    ]


def _is_event(row: dict[str, Any]) -> bool:
    return isinstance(row.get("event"), str) and bool(row["event"])


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return float(value)
