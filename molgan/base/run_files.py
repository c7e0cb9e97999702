"""Reads the files of a run folder, here or on storage. Reading never writes, so that a run may be at work there."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from molgan.base.errors import ConfigError, RunError
from molgan.base.remote_files import open_storage

T = TypeVar("T")


@dataclass(frozen=True)
class StageFiles:
    """The record of a stage: `begun` holds its inputs, `done` its results; empty where there is no record."""

    begun: dict[str, Any]
    done: dict[str, Any]


class RunFiles:
    """The files of the folder `run`: a path, or a URL that fsspec knows (s3://…).

    Every method returns None, or an empty value, for a file that does not exist. Unless noted otherwise, it raises
    RunError for a file that cannot be read and ValueError for a damaged one.
    """

    def __init__(self, run: str | Path) -> None:
        """Raises ConfigError for a URL of an unknown kind, RunError for storage that cannot be reached."""
        from fsspec.implementations.local import LocalFileSystem

        self.run = str(run)
        self._storage: Any
        if isinstance(run, Path):
            self._storage, self._root = LocalFileSystem(), str(run)
            return
        self._storage, self._root = open_storage(run.rstrip("/"))

    def has(self, name: str) -> bool:
        """Whether the file exists."""
        return self._try(name, lambda: bool(self._storage.isfile(f"{self._root}/{name}")))

    def text(self, name: str, errors: str = "strict") -> str | None:
        """The text of a file in UTF-8; `errors` as for `bytes.decode`."""

        def read() -> bytes | None:
            try:
                return bytes(self._storage.cat_file(f"{self._root}/{name}"))
            except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
                return None

        content = self._try(name, read)
        return None if content is None else content.decode(errors=errors)

    def mapping(self, name: str) -> dict[str, Any]:
        """The JSON object in a file."""
        text = self.text(name)
        content = {} if text is None else json.loads(text)
        if not isinstance(content, dict):
            raise ValueError("an object is expected")
        return content

    def config(self) -> dict[str, Any] | None:
        """The content of config.yaml as the run wrote it, defaults included."""
        from ruamel.yaml.error import YAMLError

        from molgan.base.yaml import parse_yaml

        text = self.text("config.yaml")
        try:
            content = None if text is None else parse_yaml(text, "config.yaml")
        except (YAMLError, TypeError, ConfigError) as error:
            raise ValueError(str(error)) from None
        if text is not None and not isinstance(content, dict):
            raise ValueError("a mapping is expected")
        return content

    def metrics(self) -> tuple[list[dict[str, Any]], list[int]]:
        """The rows of metrics.jsonl, and the numbers (from 1) of its damaged lines: a crash of the machine may leave
        half a line."""
        rows: list[dict[str, Any]] = []
        damaged: list[int] = []
        for number, line in enumerate((self.text("metrics.jsonl", "replace") or "").splitlines(), start=1):
            try:
                row = json.loads(line) if line.strip() else {}
            except (ValueError, RecursionError):
                row = None
            if not isinstance(row, dict):
                damaged.append(number)
            elif row:
                rows.append(row)
        return rows, damaged

    def stage(self, name: str) -> StageFiles:
        """The record of a stage; empty where it is missing or damaged."""
        begun, done = (f"checkpoints/{name}/{file}" for file in ("stage.json", "done.json"))
        return StageFiles(self._mapping_or_empty(begun), self._mapping_or_empty(done))

    def last_change(self) -> datetime | None:
        """When metrics, configuration or manifest last changed, UTC; None where the storage does not know."""
        times = []
        for name in ("metrics.jsonl", "config.yaml", "manifest.json"):
            try:
                changed = self._storage.modified(f"{self._root}/{name}")
            except (OSError, NotImplementedError):
                continue
            times.append(changed if changed.tzinfo else changed.replace(tzinfo=UTC))
        return max(times, default=None)

    def _mapping_or_empty(self, name: str) -> dict[str, Any]:
        try:
            return self.mapping(name)
        except (ValueError, RecursionError):
            return {}

    def _try(self, name: str, read: Callable[[], T]) -> T:
        try:
            return read()
        except Exception as error:  # every kind of storage has its own
            reason = (str(error) or type(error).__name__).splitlines()[0]
            raise RunError(f"{self.run}: {name} cannot be read: {reason}") from error
