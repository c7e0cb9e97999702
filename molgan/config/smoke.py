"""Makes a miniature of any configuration, so that every stage can be tried within seconds."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, get_args

from molgan.base.content import flatten
from molgan.base.settings import Settings
from molgan.config.job import JobConfig
from molgan.filters.registry import FILTERS
from molgan.scoring.registry import SCORERS

_COSTLY = {
    "reinforce": {"steps": 1, "batch_size": 4},
    "sample": {"n": 8},
    "report": {"reference": 4, "samples": 0},
}
"""The miniature of a campaign with a scorer or a filter that takes seconds for a molecule, as docking does."""


def list_smoke_overrides(job: type[JobConfig], values: Mapping[str, Any], stem: str) -> Iterator[str]:
    """The overrides that make a configuration small, for the sections that it has; its run folder gets another name.

    `stem`: the name of a configuration that gives none. The settings of each section define its `miniature`.
    """
    yield f"name={values.get('name', stem)}-smoke"
    if values.get("out") is not None:
        yield f"out={values['out']}-smoke"
    network = {} if "generator" in values else {"network": values.get("network", {})}
    report = {"report": values.get("report") or {}} if "report" in job.model_fields else {}
    changes = _changes(job, {**values, **network, **report})
    if _is_costly(values):
        changes |= {name: changes[name] | few for name, few in _COSTLY.items() if name in changes}
    for key, value in flatten(changes).items():
        yield f"{key}={json.dumps(value)}"
    yield from (f"{key}=[]" for key in _list_emptied(changes))


def _list_emptied(changes: Mapping[str, Any], path: str = "") -> Iterator[str]:
    """The paths of empty lists, which have no values."""
    for name, value in changes.items():
        if isinstance(value, Mapping):
            yield from _list_emptied(value, f"{path}{name}.")
        elif value == []:
            yield f"{path}{name}"


def _changes(kind: type[Settings], values: Mapping[str, Any]) -> dict[str, Any]:
    """The changes that make a section small: its own miniature, and those of the sections and lists of them in it."""
    changes = dict(kind.miniature)
    for name, field in kind.model_fields.items():
        given = values.get(name)
        for inner in (field.annotation, *get_args(field.annotation)):
            if not (isinstance(inner, type) and issubclass(inner, Settings)):
                continue
            if isinstance(given, Mapping):
                changes[name] = {**_changes(inner, given), **changes.get(name, {})}
            elif isinstance(given, list):
                parts = {i: _changes(inner, part) for i, part in enumerate(given) if isinstance(part, Mapping)}
                changes |= {name: parts} if any(parts.values()) else {}
    return changes


def _is_costly(values: Mapping[str, Any]) -> bool:
    objective, stages = values.get("objective"), values.get("filters")
    components = objective.get("components") if isinstance(objective, Mapping) else None
    names = [part.get("scorer") for part in components or [] if isinstance(part, Mapping)]
    filters = [stage.get("filter") if isinstance(stage, Mapping) else stage for stage in stages or []]
    return any(SCORERS[name].costly for name in names if name in SCORERS) or any(
        FILTERS[name].costly for name in filters if name in FILTERS
    )
