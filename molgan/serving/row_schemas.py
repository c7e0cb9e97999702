"""JSON Schemas of answers for the OpenAPI description; their columns follow from the configuration."""

from collections.abc import Mapping
from typing import Any

from molgan.serving.service import Service

Responses = dict[int | str, dict[str, Any]]

_FAULTS = {
    401: "No valid token",
    408: "The request took too long to come",
    413: "Too many molecules or bytes",
    422: "Not what this route takes",
    503: "Too many requests, or a resource of the server is gone; try again later",
}


def describe_scores(service: Service) -> Responses:
    """Of /score: a row for each molecule, in order."""
    columns = {"smiles": _text("As given"), "score": _number("The total, 0 to 1")}
    for name, unit in service.components.items():
        columns[name] = _number(f"Raw value{f', {unit}' if unit else ''}")
        columns[f"{name}_score"] = _number("Transformed value, 0 to 1")
    return _describe({"rows": _rows({**columns, "error": _text("Why a value is null")})})


def describe_filtered() -> Responses:
    """Of /filter: a row for each molecule, in order, and the counts of the stages."""
    row = {
        "smiles": _text("As given"),
        "kept": {"type": ["boolean", "null"], "description": "Null for what was not judged"},
        "stage": _text("The filter that rejects it"),
        "reason": _text("Why it is rejected, or not judged"),
        "duplicate_of": {"type": ["integer", "null"], "description": "The row that it equals, from 0"},
    }
    whole = {"type": "integer"}
    return _describe(
        {"rows": _rows(row), "stages": _rows({"stage": {"type": "string"}, "entered": whole, "kept": whole})}
    )


def describe_samples() -> Responses:
    """Of /sample."""
    whole = {"type": "integer"}
    row = {"smiles": _text("Canonical"), "error": _text("Why there is none")}
    return _describe({"rows": _rows(row), "seed": whole, "withheld": whole})


def _describe(columns: Mapping[str, Any]) -> Responses:
    fault = _object({"error": {"type": "string"}})
    faults: Responses = {status: _content(text, fault) for status, text in _FAULTS.items()}
    return {200: _content("In the order of the request", _object(columns)), **faults}


def _content(text: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    return {"description": text, "content": {"application/json": {"schema": schema}}}


def _rows(columns: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": _object(columns)}


def _object(columns: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": dict(columns), "required": list(columns)}


def _number(text: str) -> dict[str, Any]:
    return {"type": ["number", "null"], "description": text}


def _text(text: str) -> dict[str, Any]:
    return {"type": ["string", "null"], "description": text}
