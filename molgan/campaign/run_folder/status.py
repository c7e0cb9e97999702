"""How far a run has come, told by the files in its folder, wherever that is."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from molgan.base.errors import InputError
from molgan.base.run_files import RunFiles
from molgan.campaign.pipeline import PIPELINES
from molgan.campaign.stages.stage import Stage
from molgan.config import job_of


@dataclass(frozen=True, slots=True)
class StageStatus:
    """`state`: waiting, at work (or interrupted) or done. `seconds` and `counts` of one that is done; `metrics` are the
    last that it reported."""

    name: str
    state: str
    seconds: float | None = None
    counts: dict[str, Any] = field(default_factory=dict)
    metrics: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Status:
    """Of the run called `name`; `written` is when its folder last changed, `library` how many molecules it gave."""

    name: str
    stages: list[StageStatus]
    written: datetime | None
    library: int | None

    @property
    def done(self) -> bool:
        return all(stage.state == "done" for stage in self.stages)


def read_status(run: str) -> Status:
    """The status of a run folder, a path or a URL that fsspec knows (s3://…). Raises InputError where there is none,
    ConfigError for a URL of no known kind, RunError when storage cannot be read."""
    files = RunFiles(run)
    try:
        config = files.config()
    except ValueError as error:
        raise InputError(f"{run}: config.yaml is damaged: {' '.join(str(error).split())}") from None
    if config is None:
        raise InputError(f"{run}: no run folder (config.yaml is missing)")
    kinds = [kind for kind in PIPELINES[job_of(config)] if kind.is_part_of(config)]
    last: dict[str, dict[str, Any]] = {}
    for row in files.metrics()[0]:
        last[str(row.get("stage")).partition(" ")[0]] = {k: v for k, v in row.items() if k not in ("stage", "saved")}
    has_records = any(files.stage(kind.name).begun for kind in kinds)
    stages = [_status(kind, files, last, has_records) for kind in kinds]
    library = next((stage.counts["library"] for stage in stages if "library" in stage.counts), None)
    return Status(str(config.get("name", run)), stages, files.last_change(), library)


def _status(kind: type[Stage], files: RunFiles, last: dict[str, dict[str, Any]], has_records: bool) -> StageStatus:
    """`last`: the last row of each name in metrics.jsonl. A folder without any record is of an earlier version."""
    record = files.stage(kind.name)
    metrics = next((last[name] for name in reversed(kind.titles) if name in last), {})
    if record.done:
        return StageStatus(kind.name, "done", record.done.get("seconds"), record.done.get("counts", {}), metrics)
    if not has_records and kind.proof is not None and files.text(kind.proof) is not None:
        return StageStatus(kind.name, "done", metrics=metrics)
    if record.begun or (not has_records and metrics):
        return StageStatus(kind.name, "at work", metrics=metrics)
    return StageStatus(kind.name, "waiting")
