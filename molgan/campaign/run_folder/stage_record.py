"""The record of a stage: it is done once for its settings and inputs, and done again when one of them has changed."""

import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from time import perf_counter
from typing import Any

from molgan.base.content import digest, flat
from molgan.base.errors import WeightsError
from molgan.base.files import write_files
from molgan.base.progress import Progress
from molgan.base.run_files import RunFiles

# To be raised when a stage comes to something else from the same settings.
_FORMAT = 2

Counts = dict[str, Any]
"""What a stage came to, as JSON values."""


class StageRecord:
    """Its folder is `checkpoints/<name>`: stage.json says what the stage was begun with, done.json what it came to."""

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
        """`inputs`: all that decides what the stage comes to, as JSON values. `after`: the stages whose results it
        takes. `outputs`: the files that it leaves; should one be missing, the stage is not done. A stage that does not
        restart keeps what it has learned: other settings or inputs are an error then."""
        self.name = name
        self._files = RunFiles(run)
        self.folder = run / "checkpoints" / name
        self.inputs = flat({"format": _FORMAT, **inputs, "after": {one.name: one.key for one in after if one}})
        self.key: str = digest(self.inputs)
        self.outputs = dict(outputs or {})
        self.restarts = restarts
        self.record: dict[str, Any] = {}

    def perform(self, work: Callable[[bool], Counts], progress: Progress) -> Counts:
        """Do the work, unless it is done: then its counts come from the record, and a message says so.

        `work` is told whether it resumes: whether the folder holds what an interrupted run with the same key left.
        Raises WeightsError where a stage that does not restart was begun with another key.
        """
        if self._is_done():
            progress.message(f"{self.name}: done already, skipped")
            return self.counts
        resumes = self._begin(progress)
        began = perf_counter()
        counts = work(resumes)
        self.record = {"key": self.key, "seconds": round(perf_counter() - began, 3), "counts": counts}
        self._write("done.json", self.record)
        return counts

    def _is_done(self) -> bool:
        """Whether it was finished with this key and its outputs are there; if so, `record` has what it came to."""
        self.record = self._files.stage(self.name).done
        return self.record.get("key") == self.key and all(output.exists() for output in self.outputs.values())

    @property
    def seconds(self) -> float:
        return float(self.record["seconds"])

    @property
    def counts(self) -> Counts:
        """What the stage came to, once it is done."""
        return dict(self.record["counts"])

    def _begin(self, progress: Progress) -> bool:
        before = self._files.stage(self.name).begun
        if before.get("key") == self.key:
            # Without done.json, whatever the reason: an output that is gone has to be made again.
            (self.folder / "done.json").unlink(missing_ok=True)
            progress.message(f"{self.name}: goes on where it stopped")
            return True
        has_learned = not self.restarts and any(path.name != "stage.json" for path in self.folder.glob("*"))
        if before:
            difference = _difference(before.get("inputs", {}), self.inputs)
            if has_learned:
                mend = "delete it or change the run folder"
                raise WeightsError(f"{self.folder}: a checkpoint of another training ({difference}); {mend}")
            progress.message(f"{self.name}: runs again, {difference}")
        if not has_learned:
            (self.folder / "done.json").unlink(missing_ok=True)
            shutil.rmtree(self.folder, ignore_errors=True)
        self._write("stage.json", {"key": self.key, "inputs": self.inputs})
        return has_learned

    def _write(self, name: str, content: object) -> None:
        write_files(self.folder, {name: [json.dumps(content, indent=1).encode()]})


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
