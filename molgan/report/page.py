"""Renders the report of a run folder as one HTML page with everything inline."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from molgan.report.bias_section import compare_library
from molgan.report.charts import funnel_bar
from molgan.report.funnel_section import describe_misuse, narrowest, read_stages, reconcile
from molgan.report.gallery import TOP, card_properties, cards, families
from molgan.report.learning import collapse_events, training_stages
from molgan.report.page_file import open_templates, read_inline, write_html
from molgan.report.property_section import aggregation, components, novelty_map, properties
from molgan.report.quantities import UNKNOWN, quantity, write_share
from molgan.report.route_section import draw_routes
from molgan.report.run_data import RunFolder, read_run
from molgan.report.stage_gains import COLUMNS, read_gains
from molgan.report.summary import summarise


def write_page(folder: Path, *, reference: pd.DataFrame | None, titles: Mapping[str, str]) -> Path:
    """Write the report as `molgan.report.write_report` describes; the file is written whole or not at all."""
    page = render(read_run(folder, reference=reference), titles)
    target = folder / "report.html"
    return write_html(target, page)


def render(run: RunFolder, titles: Mapping[str, str]) -> str:
    """The HTML page of a run folder. `titles`: the titles of the stages in metrics.jsonl, by their names."""
    environment = open_templates()
    environment.filters["share"] = write_share
    stages = read_stages(run.funnel)
    return environment.get_template("report.html.j2").render(
        run=run,
        style=read_inline(environment, "report.css"),
        script=read_inline(environment, "report.js"),
        figures=summarise(run, stages),
        stages=stages,
        bars=[funnel_bar(stage.entered, stage.kept, stages[0].entered) for stage in stages],
        faults=reconcile(stages, run),
        gains=read_gains(run.manifest.get("stages") or {}),
        gain_columns=COLUMNS,
        misuse=describe_misuse(run),
        narrowest=narrowest(stages),
        properties=properties(run),
        components=components(run),
        aggregation=aggregation(run),
        bias=compare_library(run.library, run.reference),
        novelty_map=novelty_map(run.library, TOP),
        training=training_stages(run.metrics, titles),
        events=collapse_events(run.metrics, titles),
        cards=cards(run.library),
        orders=_list_orders(run.library),
        families=families(run.library),
        routes=draw_routes(run.routes),
        scores=_list_scores(run.manifest),
        failures=_list_failures(run.manifest),
        manifest=list(_flatten(run.manifest)),
    )


def _list_orders(library: pd.DataFrame) -> list[tuple[str, str, str]]:
    """The sort orders of the gallery: column, title, and whether `high` or `low` comes first."""
    names = [name for name in ("score", *card_properties(library), "nearest_similarity") if name in library]
    return [(name, quantity(name).title, "low" if quantity(name).better == "low" else "high") for name in names]


def _list_scores(manifest: dict[str, Any]) -> list[tuple[str, int, int, int, int, str]]:
    """For each component: its name, how many scores were computed, found in a cache, failed, and saved, since the total
    was 0 without them; and the time that those would have taken, empty where no time is known."""
    try:
        return [
            (
                name,
                *(int(counts[key]) for key in ("scored", "cached", "failed")),
                int(counts.get("not_asked", 0)),
                _write_saved(int(counts.get("not_asked", 0)), counts.get("seconds_each")),
            )
            for name, counts in manifest["scores"].items()
        ]
    except (KeyError, TypeError, AttributeError, ValueError):
        return []


def _write_saved(calls: int, seconds_each: float | None) -> str:
    if not calls or not seconds_each:
        return ""
    seconds = calls * float(seconds_each)
    unit, size = next((each for each in (("h", 3600), ("min", 60)) if seconds >= each[1]), ("s", 1))
    return f"about {seconds / size:.1f} {unit}"


def _list_failures(manifest: dict[str, Any]) -> list[tuple[str, str, int]]:
    """The failed scores: component, reason and number of molecules."""
    try:
        failures = manifest["stages"]["library"]["failures"]
        return [(name, reason, int(n)) for name, reasons in failures.items() for reason, n in reasons.items()]
    except (KeyError, TypeError, AttributeError, ValueError):
        return []


def _flatten(value: object, path: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from _flatten(inner, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list) and value and all(isinstance(item, str | int | float) for item in value):
        yield path, ", ".join(str(item) for item in value)
    elif isinstance(value, list) and value:
        for number, inner in enumerate(value, start=1):
            yield from _flatten(inner, f"{path}[{number}]")
    else:
        yield path, _format_plain(value)


def _format_plain(value: Any) -> str:
    if value is None or value in ({}, []):
        return UNKNOWN
    return f"{value:.6g}" if isinstance(value, float) else str(value)
