"""What has become of each trial of a sweep, in trials.json of its folder."""

import json
from collections.abc import Collection, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from molgan.base.errors import RunError
from molgan.base.files import write_files
from molgan.base.run_files import RunFiles
from molgan.config.sweep import Trial
from molgan.distributed.trial_task import TrialEnd

FILE = "trials.json"


class TrialLog:
    """The ends of the trials, by their names; on the disk as soon as they are known."""

    def __init__(self, folder: Path, trials: Sequence[Trial]) -> None:
        """Raises RunError where the folder holds the trials of another sweep, which would be overwritten, or a damaged
        file."""
        self._folder = folder
        self._values = {trial.name: json.loads(json.dumps(trial.values, default=str)) for trial in trials}
        try:
            before: dict[str, Any] = RunFiles(folder).mapping(FILE)
            known = {name: each["values"] for name, each in before.items()}
            self._ends = {name: TrialEnd(**each["end"]) for name, each in before.items() if each["end"]}
        except (ValueError, TypeError, KeyError) as error:
            raise RunError(
                f"{folder / FILE}: damaged ({error}); delete it, and finished trials are found anew"
            ) from None
        for name, values in self._values.items():
            if name in known and known[name] != values:
                raise RunError(
                    f"{folder}: another sweep, whose {name} has {json.dumps(known[name])} in place of "
                    f"{json.dumps(values)}; choose another `out`, or delete the folder"
                )
        self._values = {**known, **self._values}

    def find(self, name: str) -> TrialEnd | None:
        return self._ends.get(name)

    def add(self, name: str, end: TrialEnd) -> None:
        self._ends[name] = end
        self._write()

    def forget(self, names: Collection[str]) -> None:
        """Drop the ends of trials that are to run again."""
        self._ends = {name: end for name, end in self._ends.items() if name not in names}
        self._write()

    def _write(self) -> None:
        content = {
            name: {"values": values, "end": asdict(self._ends[name]) if name in self._ends else None}
            for name, values in self._values.items()
        }
        write_files(self._folder, {FILE: [json.dumps(content, indent=1).encode()]})
