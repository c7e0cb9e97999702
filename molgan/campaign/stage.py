"""A stage of a campaign: done once for its settings and inputs, and done again when one of them has changed."""

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from time import perf_counter
from typing import Any

from molgan.chem.io import write_files
from molgan.progress import Progress

# To be raised when a stage comes to something else from the same settings.
_FORMAT = 2

Counts = dict[str, Any]
"""What a stage came to, as JSON values."""


class Stage:
    """Its folder is `checkpoints/<name>`: stage.json says what the stage was begun with, done.json what it came to."""

    def __init__(
        self,
        run: Path,
        name: str,
        inputs: Mapping[str, object],
        *,
        after: "Sequence[Stage | None]" = (),
        outputs: Mapping[str, Path] | None = None,
    ) -> None:
        """`inputs`: all that decides what the stage comes to, as JSON values. `after`: the stages whose results it
        takes. `outputs`: the files that it leaves; should one be missing, the stage is not done."""
        self.name = name
        self.folder = run / "checkpoints" / name
        self.inputs = _flat({"format": _FORMAT, **inputs, "after": {one.name: one.key for one in after if one}})
        self.key: str = digest(self.inputs)
        self.outputs = dict(outputs or {})
        self.record: dict[str, Any] = {}

    def perform(self, work: Callable[[bool], Counts], progress: Progress) -> Counts:
        """Do the work, unless it is done: then its counts come from the record, and a message says so.

        `work` is told whether it resumes: whether the folder holds what an interrupted run with the same key left.
        """
        if self._is_done():
            progress.message(f"{self.name}: done already, skipped")
            return dict(self.record["counts"])
        resumes = self._begin(progress)
        began = perf_counter()
        counts = work(resumes)
        self.record = {"key": self.key, "seconds": round(perf_counter() - began, 3), "counts": counts}
        self._write("done.json", self.record)
        return counts

    def _is_done(self) -> bool:
        """Whether it was finished with this key and its outputs are there; if so, `record` has what it came to."""
        self.record = _read(self.folder / "done.json")
        return self.record.get("key") == self.key and all(output.exists() for output in self.outputs.values())

    @property
    def seconds(self) -> float:
        return float(self.record["seconds"])

    def _begin(self, progress: Progress) -> bool:
        before = _read(self.folder / "stage.json")
        if before.get("key") == self.key:
            # Without done.json, whatever the reason: an output that is gone has to be made again.
            (self.folder / "done.json").unlink(missing_ok=True)
            progress.message(f"{self.name}: goes on where it stopped")
            return True
        if before:
            progress.message(f"{self.name}: runs again, {_difference(before.get('inputs', {}), self.inputs)}")
        (self.folder / "done.json").unlink(missing_ok=True)
        shutil.rmtree(self.folder, ignore_errors=True)
        self._write("stage.json", {"key": self.key, "inputs": self.inputs})
        return False

    def _write(self, name: str, content: object) -> None:
        write_files(self.folder, {name: [json.dumps(content, indent=1).encode()]})


def digest(content: object) -> str:
    """20 hexadecimal digits that tell JSON values apart."""
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:20]


def content_of(path: str | Path) -> str:
    """The SHA-256 of a file."""
    with Path(path).open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def files_in(value: object) -> dict[str, str]:
    """The content of every file and folder that a section of the configuration names."""
    paths = [text for text in _flat(value).values() if isinstance(text, str) and os.path.isabs(text)]
    found = {path: content_of(path) for path in paths if os.path.isfile(path)}
    for path in filter(os.path.isdir, paths):
        inside = sorted(file for file in Path(path).rglob("*") if file.is_file())
        found[path] = digest([[str(file.relative_to(path)), content_of(file)] for file in inside])
    return found


def with_contents(sections: Mapping[str, object]) -> dict[str, object]:
    """Sections of the configuration, and beside them the content of what they name, so that a key depends on it."""
    return {**sections, **{f"content of {path}": content for path, content in files_in(sections).items()}}


def _flat(value: object, path: str = "") -> dict[str, Any]:
    """Values by the way to them, "filters.stages.0.min"; what is empty has none."""
    if isinstance(value, Mapping):
        items = value.items()
    elif isinstance(value, list | tuple):
        items = dict(enumerate(value)).items()
    else:
        return {path: value}
    return {k: v for key, inner in items for k, v in _flat(inner, f"{path}.{key}" if path else str(key)).items()}


def _difference(before: Mapping[str, Any], now: Mapping[str, Any]) -> str:
    changed = [name for name in {**now, **before} if before.get(name) != now.get(name)]
    settings = [name for name in changed if not name.startswith("after")]
    if not settings:
        return f"after {changed[0].partition('.')[2]}"
    name = settings[0]
    more = f" (and {len(settings) - 1} more)" if len(settings) > 1 else ""
    if name.startswith("content of"):
        return f"the {name} has changed{more}"
    return f"{name} is {_shown(now.get(name))}, was {_shown(before.get(name))}{more}"


def _shown(value: object) -> str:
    return "not set" if value is None else f"{value!s:.60}"


def _read(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}
