"""Reading a campaign's run folder. What is missing or damaged becomes a note for the reader, never a crash."""

import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from molgan.base.errors import RunError

TEXT_COLUMNS = frozenset({"id", "smiles", "scaffold", "nearest_known", "stage", "reason", "error"})


@dataclass(frozen=True)
class RunFolder:
    """The content of a run folder. Absent files are empty tables, lists and dicts, and each has a line in `notes`."""

    path: Path
    library: pd.DataFrame  # one row a molecule, best first; numbers are finite or NaN
    rejected: pd.DataFrame | None  # None when it cannot be read
    funnel: list[dict[str, Any]]
    metrics: list[dict[str, Any]]
    manifest: dict[str, Any]
    config: dict[str, Any]
    config_text: str
    reference: pd.DataFrame | None  # property columns of a sample of the training data
    notes: list[str]

    @property
    def name(self) -> str:
        """The campaign's name: as the manifest or the configuration gives it, else that of the folder."""
        return str(self.manifest.get("name") or self.config.get("name") or self.path.resolve().name)

    @property
    def date(self) -> str | None:
        """When the campaign ended (or started, when only that is known), as the manifest says it."""
        for key in ("finished", "ended", "created", "started", "date"):
            if value := self.manifest.get(key):
                return _readable_date(str(value))
        return None


def read_run(folder: Path, *, reference: pd.DataFrame | None = None) -> RunFolder:
    """Reads a run folder; `reference` goes before the folder's own `reference.csv`.

    Raises RunError when the folder does not exist; anything wrong inside it is told in `notes`.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise RunError(f"{folder}: no such run folder; give the folder that `molgan run` wrote, e.g. runs/quickstart")
    notes: list[str] = []

    def read(name: str, parse: Callable[[Path], Any], absent: Any, *, required: bool = True) -> Any:
        path = folder / name
        if not path.is_file():
            if required:
                notes.append(f"{name} is missing.")
            return absent
        try:
            return parse(path)
        except (OSError, ValueError, RecursionError, YAMLError) as error:
            notes.append(f"{name} cannot be read: {_one_line(error)}")
            return absent

    library = read("library.csv", read_table, pd.DataFrame())
    if "smiles" not in library and len(library):
        notes.append("library.csv has no column smiles, so no molecule can be drawn.")
    config, config_text = read("config.yaml", _read_config, ({}, ""))
    own_reference = None if reference is not None else read("reference.csv", read_table, None, required=False)
    return RunFolder(
        path=folder,
        library=_best_first(library),
        rejected=read("rejected.csv", read_table, None),
        funnel=read("funnel.json", _read_stages, []),
        metrics=read("metrics.jsonl", lambda path: _read_lines(path, notes), []),
        manifest=read("manifest.json", _read_mapping, {}),
        config=config,
        config_text=config_text,
        reference=_numbers(reference) if reference is not None else own_reference,
        notes=notes,
    )


def read_table(path: Path) -> pd.DataFrame:
    """A CSV file with numbers as floats; a cell that is not a finite number, in a column of numbers, is NaN."""
    try:
        table = pd.read_csv(path, dtype={name: "object" for name in TEXT_COLUMNS})
    except pd.errors.EmptyDataError:
        return pd.DataFrame()
    return _numbers(table)


def _numbers(table: pd.DataFrame) -> pd.DataFrame:
    table = table.copy()
    for name in table.columns:
        if name in TEXT_COLUMNS or pd.api.types.is_bool_dtype(table[name]):
            continue
        numbers = pd.to_numeric(table[name], errors="coerce")
        if numbers.notna().any() or table[name].isna().all():
            table[name] = numbers.astype(float).where(lambda values: values.abs() < math.inf)
    return table


def _best_first(library: pd.DataFrame) -> pd.DataFrame:
    if "rank" in library:
        return library.sort_values("rank", kind="stable", ignore_index=True)
    if "score" in library:
        return library.sort_values("score", ascending=False, kind="stable", ignore_index=True)
    return library


def _read_stages(path: Path) -> list[dict[str, Any]]:
    stages = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(stages, list) or not all(isinstance(stage, dict) and "stage" in stage for stage in stages):
        raise ValueError("a list of stages is expected")
    return stages


def _read_mapping(path: Path) -> dict[str, Any]:
    content = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(content, dict):
        raise ValueError("an object is expected")
    return content


def _read_config(path: Path) -> tuple[dict[str, Any], str]:
    text = path.read_text(encoding="utf-8")
    content = YAML(typ="safe", pure=True).load(text)
    if not isinstance(content, dict):
        raise ValueError("a mapping is expected")
    return content, text


def _read_lines(path: Path, notes: list[str]) -> list[dict[str, Any]]:
    rows, bad = [], []
    for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError:
            row = None
        if isinstance(row, dict):
            rows.append(row)
        else:
            bad.append(number)
    if bad:
        notes.append(f"metrics.jsonl: {len(bad)} unreadable line(s) left out, the first is line {bad[0]}.")
    return rows


def _readable_date(text: str) -> str:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text
    day = f"{moment.day} {moment:%B %Y}"
    if len(text) <= len("2025-01-31"):
        return day
    zone = f" {moment:%Z}" if moment.tzinfo else ""
    return f"{day}, {moment:%H:%M}{zone}"


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:200]
