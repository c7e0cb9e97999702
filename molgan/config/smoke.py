"""What makes any configuration a miniature of itself, so that every stage can be tried within seconds."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, get_args

from molgan.base.content import flat
from molgan.base.settings import Settings
from molgan.config.job import JobConfig


def miniature(job: type[JobConfig], values: Mapping[str, Any], stem: str) -> Iterator[str]:
    """The overrides for a configuration, by the sections that it has; its run folder becomes another one.

    `stem` is the name of a configuration that gives none. What a section becomes, its settings say themselves.
    """
    yield f"name={values.get('name', stem)}-smoke"
    if values.get("out") is not None:
        yield f"out={values['out']}-smoke"
    sections = {name for name, value in values.items() if value is not None}
    if "generator" not in sections:
        sections.add("network")
    for section, field in job.model_fields.items():
        for kind in (field.annotation, *get_args(field.annotation)):
            if section in sections and isinstance(kind, type) and issubclass(kind, Settings):
                yield from _overrides({section: kind.miniature})
    yield from _overrides(job.miniature)


def _overrides(values: Mapping[str, Any]) -> Iterator[str]:
    return (f"{key}={json.dumps(value)}" for key, value in flat(values).items())
