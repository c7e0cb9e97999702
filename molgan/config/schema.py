"""Makes the JSON Schema of campaigns, trainings and sweeps, with which editors complete and check YAML files."""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, models_json_schema

from molgan.base.errors import ConfigError
from molgan.base.settings import Settings
from molgan.config.campaign_config import CampaignConfig
from molgan.config.one_shot_config import OneShotConfig
from molgan.config.sweep_config import SweepConfig
from molgan.config.training_config import TrainingConfig
from molgan.config.translation_config import TranslationConfig
from molgan.filters.registry import FILTERS
from molgan.scoring.registry import find_scorer, scorer_names
from molgan.scoring.transforms import TRANSFORMS

Schema = dict[str, Any]

_JOBS: tuple[type[Settings], ...] = (CampaignConfig, TrainingConfig, TranslationConfig, OneShotConfig, SweepConfig)
_OF_TRAINING = ("pretrain", "distil", "rejection", "analogues", "adapt")
_OWN_SCORER = {"type": "string", "pattern": ":", "description": "module:name or path/to/file.py:name"}


def job_schema() -> Schema:
    """One schema (draft 7) for all files that `molgan run`, `molgan train` and `molgan sweep` take.

    The keys that a file may have depend on its sections, as for those verbs. Parameters depend on the scorer, filter or
    transform that is named."""
    schema = models_json_schema(
        [(job, "validation") for job in _JOBS],
        schema_generator=_UntitledSchema,
    )[1]
    definitions: Schema = schema["$defs"]
    for job in _JOBS:
        definitions[job.__name__]["required"].remove("name")
    definitions["TranslationData"]["required"].remove("train")
    campaign = definitions["CampaignConfig"]
    campaign["required"].remove("sample")
    designs = {**_has("optimize"), "properties": {"optimize": {"type": "object"}}}
    campaign |= {"if": designs, "else": {"required": ["sample"]}}

    component = definitions["ComponentSettings"]
    component["properties"]["transform"] = {
        "description": component["properties"]["transform"]["description"],
        "anyOf": [{"$ref": "#/$defs/Transform"}, {"type": "null"}],
    }
    definitions["Transform"] = _transform(definitions)
    definitions["ScorerCall"] = _scorer_call(definitions)
    for section in (component, definitions["PKaSettings"]):
        section["allOf"] = [{"$ref": "#/$defs/ScorerCall"}]
    definitions["StageSettings"] = _stage(definitions["StageSettings"], definitions)

    sections = {
        name: {"description": job.model_fields[name].description}
        for job, names in (
            (TrainingConfig, _OF_TRAINING),
            (TranslationConfig, ("translate",)),
            (OneShotConfig, ("oneshot",)),
            (SweepConfig, ("campaign", "keys")),
        )
        for name in names
    }
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "molgan",
        "type": "object",
        "properties": sections,
        **_choose(
            [
                (_has_any("campaign", "keys"), SweepConfig),
                (_has("oneshot"), OneShotConfig),
                (_has("translate"), TranslationConfig),
                (_has_any(*_OF_TRAINING), TrainingConfig),
            ],
            CampaignConfig,
        ),
        "$defs": {name: _drop_title(section) for name, section in sorted(definitions.items())},
    }


class _UntitledSchema(GenerateJsonSchema):
    """A schema without titles, which editors would show in place of the keys, and without defaults of whole sections,
    which they would write out."""

    def generate_inner(self, schema: Any) -> Schema:
        inner = super().generate_inner(schema)
        if isinstance(inner.get("default"), dict):
            del inner["default"]
        return inner

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False

    def tuple_schema(self, schema: Any) -> Schema:
        """Draft 7 has no `prefixItems`; the items of every fixed tuple are of one type."""
        result = super().tuple_schema(schema)
        if "prefixItems" in result:
            result["items"] = result.pop("prefixItems")[0]
        return result


def _transform(definitions: Schema) -> Schema:
    return {
        "type": "object",
        "properties": {"name": _names({name: kind.summary for name, kind in TRANSFORMS.items()})},
        "required": ["name"],
        "allOf": [_allow_only("name", name, _parameters(kind, definitions)) for name, kind in TRANSFORMS.items()],
    }


def _scorer_call(definitions: Schema) -> Schema:
    """The schema of the keys `scorer` and `parameters` of a section, which depend on each other."""
    summaries, cases = {}, []
    for name in scorer_names():
        try:
            kind = find_scorer(name)
        except ConfigError as error:  # the scorer needs a package that is not installed
            summaries[name] = f"not available: {error}"
            continue
        summaries[name] = kind.summary
        parameters = _parameters(kind.Parameters, definitions)
        case: Schema = {"properties": {"parameters": parameters}}
        if parameters.get("required"):
            case["required"] = ["parameters"]
        cases.append({"if": _is("scorer", name), "then": case})
    return {"properties": {"scorer": {"anyOf": [_names(summaries), _OWN_SCORER]}}, "allOf": cases}


def _stage(section: Schema, definitions: Schema) -> Schema:
    """The schema of a filter stage: the name alone for a filter without required parameters, or name and parameters."""
    shared = section["properties"]
    parameters = {name: _parameters(kind.Parameters, definitions) for name, kind in FILTERS.items()}
    for each in parameters.values():
        if "references" in each.get("required", ()):  # in a campaign the training data is the default
            each["required"].remove("references")
    summaries = {name: kind.summary for name, kind in FILTERS.items()}
    alone = {name: summary for name, summary in summaries.items() if not parameters[name].get("required")}
    keys = {"filter": {**shared["filter"], **_names(summaries)}, "name": shared["name"]}
    cases = [
        _allow_only("filter", name, {**each, "properties": {"name": True, **each["properties"]}})
        for name, each in parameters.items()
    ]
    full = {"type": "object", "properties": keys, "required": ["filter"], "allOf": cases}
    return {"description": section["description"], "anyOf": [_names(alone), full]}


def _parameters(kind: type[BaseModel], definitions: Schema) -> Schema:
    """The schema of parameters; the schemas of sections in them go to `definitions`."""
    schema = kind.model_json_schema(schema_generator=_UntitledSchema)
    for name, section in schema.pop("$defs", {}).items():
        definitions.setdefault(name, section)
    schema.pop("description", None)
    return {"properties": {}, **_drop_title(schema)}


def _allow_only(key: str, name: str, parameters: Schema) -> Schema:
    """A condition: where `key` is `name`, only these parameters are allowed."""
    case = {"properties": {key: True, **parameters["properties"]}, "additionalProperties": False}
    if parameters.get("required"):
        case["required"] = parameters["required"]
    return {"if": _is(key, name), "then": case}


def _drop_title(section: Schema) -> Schema:
    return {key: value for key, value in section.items() if key != "title"}


def _names(summaries: Mapping[str, str]) -> Schema:
    return {"type": "string", "enum": list(summaries), "enumDescriptions": list(summaries.values())}


def _is(key: str, name: str) -> Schema:
    return {"properties": {key: {"const": name}}, "required": [key]}


def _has(key: str) -> Schema:
    return {"required": [key]}


def _has_any(*keys: str) -> Schema:
    return {"anyOf": [_has(key) for key in keys]}


def _choose(cases: Sequence[tuple[Schema, type[Settings]]], otherwise: type[Settings]) -> Schema:
    """The keys that the first job allows whose condition holds, or else the last one."""
    if not cases:
        return {"$ref": f"#/$defs/{otherwise.__name__}"}
    (condition, job), *rest = cases
    return {"if": condition, "then": {"$ref": f"#/$defs/{job.__name__}"}, "else": _choose(rest, otherwise)}
