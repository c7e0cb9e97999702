"""The record of a stage, which runs once for its settings and inputs, and again when one of them has changed."""

import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from time import perf_counter
from typing import Any

from molgan.base.content import digest, flatten, hash_file
from molgan.base.errors import WeightsError
from molgan.base.files import write_files
from molgan.base.progress import Progress
from molgan.base.run_files import RunFiles

# To be raised when the same settings give another result.
_FORMAT = 2

Counts = dict[str, Any]
"""The results of a stage, as JSON values."""


class StageRecord:
    """The files stage.json (settings and inputs at the start) and done.json (results) in `checkpoints/<name>`."""

    def __init__(
        self,
        run: Path,
        name: str,
        inputs: Mapping[str, object],
        *,
        after: "Sequence[StageRecord | None]" = (),
        outputs: Mapping[str, Path] | None = None,
        restarts: bool = True,
    ) -> None:
        """
        Args:
            run: The run folder.
            name: The name of the stage and of its folder.
            inputs: Everything that decides the result, as JSON values.
            after: The records of the stages whose results this one uses.
            outputs: The files that the stage leaves; if one is missing, the stage is not done, nor, where it restarts,
                if one has changed since.
            restarts: Whether the stage starts anew with other settings or inputs. If not, they are an error, so that
                a long training is never lost.
        """
        self.name = name
        self._files = RunFiles(run)
        self.folder = run / "checkpoints" / name
        keys = {record.name: record.key for record in after if record}
        self.inputs = flatten({"format": _FORMAT, **inputs, "after": keys})
        self.key: str = digest(self.inputs)
        self.outputs = dict(outputs or {})
        self.restarts = restarts
        self.record: dict[str, Any] = {}

    def perform(self, work: Callable[[bool], Counts], progress: Progress) -> Counts:
        """Call `work(resumes)` and record its counts; a finished stage is skipped with a message and gives its counts.

        `resumes` says whether the folder holds the files of an interrupted run with the same key. Raises WeightsError
        where a stage that does not restart was begun with another key.
        """
        if self._is_done(progress):
            progress.message(f"{self.name}: done already, skipped")
            return self.counts
        resumes = self._begin(progress)
        start = perf_counter()
        counts = work(resumes)
        self.record = {"key": self.key, "seconds": round(perf_counter() - start, 3), "counts": counts}
        if self.restarts:
            self.record["outputs"] = {
                name: _describe_file(path) for name, path in self.outputs.items() if path.exists()
            }
        self._write("done.json", self.record)
        return counts

    def _is_done(self, progress: Progress) -> bool:
        """Whether the stage was finished with this key and its outputs are there as it left them; then `record` has its
        results."""
        self.record = self._files.stage(self.name).done
        if self.record.get("key") != self.key or not all(output.exists() for output in self.outputs.values()):
            return False
        left = self.record.get("outputs") or {}  # none in folders of earlier versions
        changed = [name for name, path in self.outputs.items() if name in left and not _is_as_left(path, left[name])]
        if changed:
            progress.message(f"{self.name}: {', '.join(changed)} changed since and is made again")
        return not changed

    @property
    def seconds(self) -> float:
        return float(self.record["seconds"])

    @property
    def counts(self) -> Counts:
        """The results of the stage, once it is done."""
        return dict(self.record["counts"])

    def _begin(self, progress: Progress) -> bool:
        before = self._files.stage(self.name).begun
        if before.get("key") == self.key:
            # The stage counts as unfinished, even with a done.json: an output that is gone has to be made again.
            (self.folder / "done.json").unlink(missing_ok=True)
            progress.message(f"{self.name}: goes on where it stopped")
            return True
        has_learned = not self.restarts and any(path.name != "stage.json" for path in self.folder.glob("*"))
        if before:
            difference = _describe_difference(before.get("inputs", {}), self.inputs)
            if has_learned:
                advice = "delete it or change the run folder"
                raise WeightsError(f"{self.folder}: a checkpoint of another training ({difference}); {advice}")
            progress.message(f"{self.name}: runs again, {difference}")
        if not has_learned:
            (self.folder / "done.json").unlink(missing_ok=True)
            shutil.rmtree(self.folder, ignore_errors=True)
        self._write("stage.json", {"key": self.key, "inputs": self.inputs})
        return has_learned

    def _write(self, name: str, content: object) -> None:
        write_files(self.folder, {name: [json.dumps(content, indent=1).encode()]})


def _describe_file(path: Path) -> list[Any]:
    """Size in bytes and SHA-256."""
    return [path.stat().st_size, hash_file(path)]


def _is_as_left(path: Path, left: list[Any]) -> bool:
    return bool(path.stat().st_size == left[0] and hash_file(path) == left[1])


def _describe_difference(before: Mapping[str, Any], now: Mapping[str, Any]) -> str:
    changed = [name for name in {**now, **before} if before.get(name) != now.get(name)]
    settings = [name for name in changed if not name.startswith("after")]
    if not settings:
        return f"after {changed[0].partition('.')[2]}"
    name = settings[0]
    more = f" (and {len(settings) - 1} more)" if len(settings) > 1 else ""
    if name.startswith("content of"):
        return f"the {name} has changed{more}"
    return f"{name} is {_format_value(now.get(name))}, was {_format_value(before.get(name))}{more}"


def _format_value(value: object) -> str:
    return "not set" if value is None else f"{value!s:.60}"
