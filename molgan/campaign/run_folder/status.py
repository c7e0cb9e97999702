"""How far a run has come, told by the files in its folder, wherever that is."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from molgan.base.errors import ConfigError, InputError, RunError

_OPTIONAL = ("adversarial", "reinforce", "optimize")
_ALWAYS = ("library", "reference", "report")
_TRAINING = ("pretrain",)
_METRICS_OF = {"critic": "adversarial"}


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
    files = _Files(run)
    config = files.yaml("config.yaml")
    if config is None:
        raise InputError(f"{run}: no run folder (config.yaml is missing)")
    names = _TRAINING if "pretrain" in config else (*(n for n in _OPTIONAL if config.get(n) is not None), *_ALWAYS)
    last: dict[str, dict[str, Any]] = {}
    for row in files.lines("metrics.jsonl"):
        last[_METRICS_OF.get(row.get("stage", ""), row.get("stage", ""))] = row
    stages = [_stage(files, name, last.get(name, {})) for name in names]
    library = next((stage.counts.get("library") for stage in stages if stage.name == "library"), None)
    return Status(str(config.get("name", run)), stages, files.written(), library)


def _stage(files: _Files, name: str, metrics: dict[str, Any]) -> StageStatus:
    metrics = {key: value for key, value in metrics.items() if key not in ("stage", "saved")}
    if name in _TRAINING:
        state = "done" if files.json("weights.json") else "at work" if metrics else "waiting"
        return StageStatus(name, state, metrics=metrics)
    begun = files.json(f"checkpoints/{name}/stage.json")
    done = files.json(f"checkpoints/{name}/done.json")
    if done:
        return StageStatus(name, "done", done.get("seconds"), done.get("counts", {}), metrics)
    return StageStatus(name, "at work" if begun else "waiting", metrics=metrics if begun else {})


class _Files:
    """The files of a folder, here or on storage."""

    def __init__(self, url: str) -> None:
        try:
            from fsspec.core import url_to_fs

            self._storage, self._root = url_to_fs(url.rstrip("/"))
        except (ImportError, ValueError) as error:
            raise ConfigError(f"{url}: {error}") from None
        self._url = url

    def text(self, name: str) -> str | None:
        try:
            return bytes(self._storage.cat_file(f"{self._root}/{name}")).decode()
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            return None
        except Exception as error:  # every kind of storage has its own
            raise RunError(
                f"{self._url}: cannot be read: {(str(error) or type(error).__name__).splitlines()[0]}"
            ) from error

    def json(self, name: str) -> dict[str, Any]:
        """The object in a file; empty when there is none."""
        return next(iter(_objects((self.text(name) or "").splitlines(), whole=True)), {})

    def lines(self, name: str) -> list[dict[str, Any]]:
        """The objects in a file, one a line; what is no object is left out."""
        return _objects((self.text(name) or "").splitlines(), whole=False)

    def yaml(self, name: str) -> dict[str, Any] | None:
        from ruamel.yaml import YAML, YAMLError

        text = self.text(name)
        try:
            values = None if text is None else YAML(typ="safe").load(text)
        except YAMLError:
            return None
        return values if isinstance(values, dict) else None

    def written(self) -> datetime | None:
        """When metrics or configuration last changed, UTC."""
        times = []
        for name in ("metrics.jsonl", "config.yaml", "manifest.json"):
            try:
                changed = self._storage.modified(f"{self._root}/{name}")
            except (OSError, NotImplementedError):
                continue
            times.append(changed if changed.tzinfo else changed.replace(tzinfo=UTC))
        return max(times, default=None)


def _objects(lines: list[str], *, whole: bool) -> list[dict[str, Any]]:
    found = []
    for text in ["\n".join(lines)] if whole else lines:
        try:
            value = json.loads(text)
        except ValueError:
            continue
        if isinstance(value, dict):
            found.append(value)
    return found
