"""Reads the run folder of a campaign. A missing or damaged file becomes a note for the reader, never a crash."""

import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from io import StringIO
from pathlib import Path
from typing import Any, TypeVar

import pandas as pd

from molgan.base.errors import RunError
from molgan.base.run_files import RunFiles
from molgan.report.route_section import read_routes

T = TypeVar("T")

TEXT_COLUMNS = frozenset(
    {
        "id",
        "smiles",
        "scaffold",
        "nearest_known",
        "stage",
        "reason",
        "error",
        "parent",
        "original",
        "changes",
        "controlled",
    }
)


@dataclass(frozen=True)
class RunFolder:
    """The content of a run folder. Missing files are empty tables, lists and dicts, and each has a line in `notes`."""

    path: Path
    library: pd.DataFrame  # one row a molecule, best first; numbers are finite or NaN
    rejected: pd.DataFrame | None  # None when it cannot be read
    funnel: list[dict[str, Any]]
    metrics: list[dict[str, Any]]
    manifest: dict[str, Any]
    config: dict[str, Any]
    config_text: str
    reference: pd.DataFrame | None  # property columns of a sample of the training data
    routes: list[dict[str, Any]]  # synthesis routes of the best molecules; empty where none were asked for
    notes: list[str]

    @property
    def name(self) -> str:
        """The name of the campaign, from the manifest, the configuration or the folder."""
        return str(self.manifest.get("name") or self.config.get("name") or self.path.resolve().name)

    @property
    def library_counts(self) -> dict[str, Any]:
        """What the manifest counts of the stage that makes the library."""
        stages = self.manifest.get("stages")
        counts = stages.get("library") if isinstance(stages, dict) else None
        return counts if isinstance(counts, dict) else {}

    @property
    def date(self) -> str | None:
        """When the campaign ended (or started, if only that is known), from the manifest."""
        for key in ("finished", "ended", "created", "started", "date"):
            if value := self.manifest.get(key):
                return _format_date(str(value))
        return None


def read_run(folder: Path, *, reference: pd.DataFrame | None = None) -> RunFolder:
    """Read a run folder; `reference` takes the place of the `reference.csv` in the folder.

    Raises RunError when the folder does not exist; any other fault becomes a line in `notes`.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise RunError(f"{folder}: no such run folder; give a folder that `molgan run` wrote, such as runs/quickstart")
    files, notes = RunFiles(folder), list[str]()

    def read(name: str, parse: Callable[[], T], absent: T, *, required: bool = True) -> T:
        try:
            if files.has(name):
                return parse()
            if required:
                notes.append(f"{name} is missing.")
        except (RunError, ValueError, RecursionError) as error:
            notes.append(f"{name} cannot be read: {_join_lines(error)}")
        return absent

    def read_csv(name: str, absent: Any, *, required: bool = True) -> Any:
        return read(name, lambda: read_table(files.text(name) or ""), absent, required=required)

    library = read_csv("library.csv", pd.DataFrame())
    if "smiles" not in library and len(library):
        notes.append("library.csv has no column smiles, so no molecule can be drawn.")
    config = read("config.yaml", files.config, None)
    own_reference = None if reference is not None else read_csv("reference.csv", None, required=False)
    rejected = read_csv("rejected.csv", None)
    no_stages: list[dict[str, Any]] = []
    funnel = read("funnel.json", lambda: _read_stages(files.text("funnel.json") or ""), no_stages)
    no_metrics: tuple[list[dict[str, Any]], list[int]] = ([], [])
    metrics, damaged = read("metrics.jsonl", files.metrics, no_metrics)
    if damaged:
        notes.append(f"metrics.jsonl: {len(damaged)} unreadable line(s) left out, the first is line {damaged[0]}.")
    return RunFolder(
        path=folder,
        library=_sort_best_first(library),
        rejected=rejected,
        funnel=funnel,
        metrics=metrics,
        manifest=read("manifest.json", lambda: files.mapping("manifest.json"), {}),
        config=config or {},
        config_text="" if config is None else files.text("config.yaml") or "",
        reference=_convert_numbers(reference) if reference is not None else own_reference,
        routes=read("routes.json", lambda: read_routes(files.text("routes.json") or ""), no_stages, required=False),
        notes=notes,
    )


def read_table(text: str) -> pd.DataFrame:
    """A CSV table with floats; in a column of numbers, a cell that is not a finite number is NaN."""
    try:
        table = pd.read_csv(StringIO(text), dtype={name: "object" for name in TEXT_COLUMNS})
    except pd.errors.EmptyDataError:
        return pd.DataFrame()
    return _convert_numbers(table)


def _convert_numbers(table: pd.DataFrame) -> pd.DataFrame:
    table = table.copy()
    for name in table.columns:
        if name in TEXT_COLUMNS or pd.api.types.is_bool_dtype(table[name]):
            continue
        numbers = pd.to_numeric(table[name], errors="coerce")
        if numbers.notna().any() or table[name].isna().all():
            table[name] = numbers.astype(float).where(lambda values: values.abs() < math.inf)
    return table


def _sort_best_first(library: pd.DataFrame) -> pd.DataFrame:
    if "rank" in library:
        return library.sort_values("rank", kind="stable", ignore_index=True)
    if "score" in library:
        return library.sort_values("score", ascending=False, kind="stable", ignore_index=True)
    return library


def _read_stages(text: str) -> list[dict[str, Any]]:
    stages = json.loads(text)
    if not isinstance(stages, list) or not all(isinstance(stage, dict) and "stage" in stage for stage in stages):
        raise ValueError("a list of stages is expected")
    return stages


def _format_date(text: str) -> str:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text
    day = f"{moment.day} {moment:%B %Y}"
    if len(text) <= len("2025-01-31"):
        return day
    zone = f" {moment:%Z}" if moment.tzinfo else ""
    return f"{day}, {moment:%H:%M}{zone}"


def _join_lines(error: Exception) -> str:
    return " ".join(str(error).split())[:200]
