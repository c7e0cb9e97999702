"""How far a run has come, from the files in its folder, on this machine or on storage."""

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
    """`state`: waiting, at work (or interrupted) or done. `seconds` and `counts`: of a finished stage. `metrics`: the
    last ones that the stage reported."""

    name: str
    state: str
    seconds: float | None = None
    counts: dict[str, Any] = field(default_factory=dict)
    metrics: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Status:
    """The state of the run `name`. `written`: when its folder last changed. `library`: the number of its molecules."""

    name: str
    stages: list[StageStatus]
    written: datetime | None
    library: int | None

    @property
    def done(self) -> bool:
        return all(stage.state == "done" for stage in self.stages)


def read_status(run: str) -> Status:
    """The status of a run folder, given as a path or a URL that fsspec knows (s3://…).

    Raises InputError where there is no run folder, ConfigError for a URL of an unknown kind, RunError when the storage
    cannot be read."""
    files = RunFiles(run)
    try:
        config = files.config()
    except ValueError as error:
        raise InputError(f"{run}: config.yaml is damaged: {' '.join(str(error).split())}") from None
    if config is None:
        raise InputError(f"{run}: not a run folder (config.yaml is missing)")
    kinds = [kind for kind in PIPELINES[job_of(config)] if kind.is_part_of(config)]
    last: dict[str, dict[str, Any]] = {}
    for row in files.metrics()[0]:
        last[str(row.get("stage")).partition(" ")[0]] = {k: v for k, v in row.items() if k not in ("stage", "saved")}
    has_records = any(files.stage(kind.name).begun for kind in kinds)
    stages = [_read_stage_status(kind, files, last, has_records) for kind in kinds]
    library = next((stage.counts["library"] for stage in stages if "library" in stage.counts), None)
    return Status(str(config.get("name", run)), stages, files.last_change(), library)


def _read_stage_status(
    kind: type[Stage], files: RunFiles, last: dict[str, dict[str, Any]], has_records: bool
) -> StageStatus:
    """`last`: the last row of each name in metrics.jsonl. A folder without records is of an earlier version."""
    record = files.stage(kind.name)
    metrics = next((last[name] for name in reversed(list(kind.titles)) if name in last), {})
    if record.done:
        return StageStatus(kind.name, "done", record.done.get("seconds"), record.done.get("counts", {}), metrics)
    if not has_records and kind.proof is not None and files.text(kind.proof) is not None:
        return StageStatus(kind.name, "done", metrics=metrics)
    if record.begun or (not has_records and metrics):
        return StageStatus(kind.name, "at work", metrics=metrics)
    return StageStatus(kind.name, "waiting")
