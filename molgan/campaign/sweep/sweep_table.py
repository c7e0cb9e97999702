"""The table of a sweep: a row for each trial."""

import csv
import io
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from molgan.base.files import write_files

FILE = "sweep.csv"


@dataclass(frozen=True)
class TrialRow:
    """A trial: `values` of the swept keys, `figure` (NaN where there is none), `state` (waiting, done, stopped or
    failed) with its `reason`, the `folder` of its run, and the `seconds` since its process was last started, NaN where
    that is not known."""

    name: str
    values: Mapping[str, Any]
    figure: float
    state: str
    reason: str
    seconds: float
    folder: Path


def rank_rows(rows: Sequence[TrialRow], mode: str) -> list[TrialRow]:
    """The rows, the best first; those without a figure last, in their order."""
    sign = -1.0 if mode == "max" else 1.0
    return sorted(rows, key=lambda row: (math.isnan(row.figure), 0.0 if math.isnan(row.figure) else sign * row.figure))


def write_table(folder: Path, rows: Sequence[TrialRow], metric: str) -> None:
    """Write sweep.csv: `trial`, the keys, the metric, `state`, `reason`, `seconds`, `folder`; what is not known is
    empty, and a value that is no plain one is JSON. Raises RunError where it cannot be written."""
    keys = list(rows[0].values)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["trial", *keys, metric, "state", "reason", "seconds", "folder"])
    for row in rows:
        cells = [write_value(row.values[key]) for key in keys]
        figure = "" if math.isnan(row.figure) else f"{row.figure:.6g}"
        seconds = "" if math.isnan(row.seconds) else f"{row.seconds:.1f}"
        writer.writerow([row.name, *cells, figure, row.state, row.reason, seconds, row.folder])
    write_files(folder, {FILE: [text.getvalue().encode()]})


def write_value(value: Any) -> str:
    """A value of a key as YAML has it, in one line."""
    return value if isinstance(value, str) else json.dumps(value, default=str)
