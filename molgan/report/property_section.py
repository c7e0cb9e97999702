"""Properties in the report: distributions next to those of the training data, and the components of the score."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from markupsafe import Markup

from molgan.base.errors import ConfigError
from molgan.report.charts import histogram, scatter
from molgan.report.quantities import QUANTITIES, Quantity, quantity, title_of, write_number
from molgan.report.run_data import TEXT_COLUMNS, RunFolder
from molgan.report.summary import NEW_CHEMISTRY
from molgan.scoring.foreign_code import is_foreign, without_running
from molgan.scoring.registry import get_scorer

MAX_POINTS = 4000
TRANSFORMED = "_score"


@dataclass(frozen=True)
class Property:
    """One property of the library: its chart, and its median with the range of the middle 90 %."""

    title: str
    meaning: str
    chart: Markup
    library: str
    reference: str | None
    failed: int


@dataclass(frozen=True)
class Component:
    """One component of the objective: its configuration, and its means over the library."""

    title: str
    weight: str
    transform: str
    raw: str
    transformed: str


def property_columns(library: pd.DataFrame) -> list[str]:
    """The numeric columns that are properties: well-known ones first, in their usual order, then all others."""
    numeric = [
        str(name)
        for name in library.columns
        if name not in TEXT_COLUMNS
        and name != "rank"
        and pd.api.types.is_float_dtype(library[name])
        and not library[name].dropna().isin((0.0, 1.0)).all()  # an alert has no distribution to draw
        and not (str(name).endswith(TRANSFORMED) and str(name).removesuffix(TRANSFORMED) in library)
    ]
    order = list(QUANTITIES)
    return sorted(numeric, key=lambda name: order.index(name) if name in QUANTITIES else len(order))


def properties(run: RunFolder) -> list[Property]:
    """Every property of the library with its distribution; constant properties and failed values are included."""
    return [_property(run, name) for name in property_columns(run.library)]


def _property(run: RunFolder, name: str) -> Property:
    kind = quantity(name)
    values = run.library[name].dropna().to_numpy(float)
    known = _reference_values(run.reference, name)
    library, reference = _spread(values, kind), None if known is None else _spread(known, kind)
    description = f"Distribution of {kind.title}. Library: {library}."
    if reference:
        description += f" Training data: {reference}."
    return Property(
        title=f"{kind.title}, {kind.unit}" if kind.unit else kind.title,
        meaning=kind.meaning,
        chart=histogram(values, known, description=description),
        library=library,
        reference=reference,
        failed=int(run.library[name].isna().sum()),
    )


def _reference_values(reference: pd.DataFrame | None, name: str) -> np.ndarray | None:
    if reference is None or name not in reference or not pd.api.types.is_numeric_dtype(reference[name]):
        return None
    values = reference[name].dropna().to_numpy(float)
    return values if len(values) else None


def _spread(values: np.ndarray, kind: Quantity) -> str:
    low, middle, high = (write_number(float(value), kind.decimals) for value in np.quantile(values, [0.05, 0.5, 0.95]))
    return f"{middle} ({low} to {high})"


def components(run: RunFolder) -> list[Component]:
    """The objective's components, from the configuration and the library's columns."""
    parts = {str(part.get("name") or part.get("scorer")): part for part in _configured_components(run.config)}
    library = run.library
    scored = [str(name).removesuffix(TRANSFORMED) for name in library.columns if str(name).endswith(TRANSFORMED)]
    names = list(parts) + [name for name in scored if name in library and name not in parts]
    return [_component(name, parts.get(name, {}), library) for name in names]


def _component(name: str, part: dict[str, Any], library: pd.DataFrame) -> Component:
    kind = quantity(name)
    weight = part.get("weight", 1 if part else None)
    return Component(
        title=kind.title,
        weight=f"{weight:g}" if isinstance(weight, int | float) else write_number(None),
        transform=_transform(part) if part else write_number(None),
        raw=kind.write(_mean(library, name)),
        transformed=write_number(_mean(library, name + TRANSFORMED)),
    )


def _mean(library: pd.DataFrame, name: str) -> float | None:
    known = name in library and pd.api.types.is_numeric_dtype(library[name])
    return float(library[name].mean()) if known and library[name].notna().any() else None


def _transform(part: dict[str, Any]) -> str:
    transform = part.get("transform")
    if isinstance(transform, dict) and "name" in transform:
        return _call(transform["name"], {key: value for key, value in transform.items() if key != "name"})
    # The run folder may be another's: a report imports nothing of it.
    if is_foreign(name := str(part["scorer"])):
        return "the scorer's default"
    try:
        with without_running():
            default = get_scorer(name, **(part.get("parameters") or {})).default_transform
    except (ConfigError, TypeError):  # a scorer that is not installed here
        return "the scorer's default"
    return _call(default.name, default.model_dump())


def _call(name: object, parameters: dict[str, Any]) -> str:
    title = title_of(str(name)).lower()
    listed = [f"{key} {value:g}" if isinstance(value, float) else f"{key} {value}" for key, value in parameters.items()]
    return f"{title} ({', '.join(listed)})" if listed else title


def aggregation(run: RunFolder) -> str | None:
    """The aggregation of the components, from the configuration."""
    for section in _mappings(run.config):
        if isinstance(section.get("components"), list) and "aggregation" in section:
            return title_of(str(section["aggregation"])).lower()
    return None


def _configured_components(config: dict[str, Any]) -> list[dict[str, Any]]:
    for section in _mappings(config):
        parts = section.get("components")
        if isinstance(parts, list) and all(isinstance(part, dict) and "scorer" in part for part in parts):
            return parts
    return []


def _mappings(section: object) -> Iterator[dict[str, Any]]:
    if isinstance(section, dict):
        yield section
        for value in section.values():
            yield from _mappings(value)


def novelty_map(library: pd.DataFrame, top: int) -> Markup | None:
    """A chart of the score against the similarity to the nearest known compound; the `top` best molecules stand out."""
    if not {"score", "nearest_similarity"} <= set(library.columns):
        return None
    best = np.arange(len(library)) < top
    points = library[["nearest_similarity", "score"]].assign(best=best).dropna().head(MAX_POINTS)
    if len(points) < 2:
        return None
    near = points["nearest_similarity"].to_numpy(float)
    return scatter(
        near,
        points["score"].to_numpy(float),
        points["best"].to_numpy(bool),
        x_title="similarity to nearest known (Tanimoto, ECFP4)",
        y_title="score",
        x_mark=NEW_CHEMISTRY,
        description=f"Score against similarity to the nearest known compound for {len(points):,} molecules; "
        f"{np.mean(near < NEW_CHEMISTRY):.0%} lie below {NEW_CHEMISTRY}.",
    )
