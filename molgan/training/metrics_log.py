"""Writes the reports of training to metrics.jsonl: each step once, however often the training was interrupted."""

import json
import math
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any

from molgan.base.errors import RunError
from molgan.base.files import open_to_append, write_files
from molgan.base.run_files import RunFiles


class MetricsLog:
    """The rows of `folder`/metrics.jsonl, one JSON object a line; NaN is written as null."""

    def __init__(self, folder: Path, require_folder: Callable[[], None] = lambda: None) -> None:
        """`require_folder` is called before a row is written: it raises where the folder is no longer this run's."""
        self._require_folder = require_folder
        self.path = folder / "metrics.jsonl"
        rows, _ = RunFiles(folder).metrics()
        self.rows = [row for row in rows if isinstance(row.get("step"), int)]

    def forget(self, stages: Collection[str]) -> None:
        """Drop the rows of stages that start anew or no longer exist, and of their parts, "reinforce 1"."""
        self._keep([row for row in self.rows if str(row.get("stage")).partition(" ")[0] not in stages])

    def resume(self, row: Mapping[str, Any]) -> bool:
        """Drop the rows that an interrupted run wrote beyond its checkpoint; its loop repeats them from `row` on, which
        has at least `stage` and `step`. Returns whether `row` itself is there, and stays.

        Rows of the same step before the checkpoint stay; a rollback may have written some.
        """
        own = [i for i, each in enumerate(self.rows) if each.get("stage") == row["stage"]]
        saved = max((i for i in own if self.rows[i].get("saved")), default=-1)
        same = (i for i in own if i >= saved and _drop_mark(self.rows[i]) == _drop_mark(_as_json(row)))
        there = max(same, default=None)
        if there is None:
            again = {i for i in own if i > saved and self.rows[i]["step"] >= row["step"]}
        else:
            again = {i for i in own if i > there}
        self._keep([each for i, each in enumerate(self.rows) if i not in again])
        return there is not None

    def add(self, row: Mapping[str, Any]) -> None:
        """Append a row with at least `stage` and `step`. Raises RunError where the file of earlier rows is gone."""
        self._require_folder()
        if self.rows and not self.path.exists():
            raise RunError(f"{self.path}: was deleted while this run was at work; put it back, or run again without it")
        row = _as_json(row)
        self.rows.append(row)
        # One write for each row, so that a killed process leaves whole lines.
        with open_to_append(self.path) as file:
            file.write(json.dumps(row).encode() + b"\n")

    def last_step(self, stage: str, before_round: int) -> int:
        """The last step of a stage's earlier rounds, 0 where there are none."""
        return max(
            (row["step"] for row in self.rows if row.get("stage") == stage and row.get("round", 1) < before_round),
            default=0,
        )

    def _keep(self, rows: list[dict[str, Any]]) -> None:
        if len(rows) < len(self.rows):
            self.rows = rows
            write_files(self.path.parent, {self.path.name: [(json.dumps(row) + "\n").encode() for row in rows]})


def _as_json(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: None if isinstance(value, float) and math.isnan(value) else value for name, value in row.items()}


def _drop_mark(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name != "saved"}
