"""A trial in an actor of Ray Tune's: the process of a campaign, and the figures that its training reports."""

from __future__ import annotations

import os
import subprocess
import time
from collections import deque
from collections.abc import Sequence
from typing import Any, cast

from ray.tune import Trainable

from molgan.base.errors import MolganError
from molgan.base.parallel import CORES
from molgan.base.process_group import ProcessGroup
from molgan.distributed.trial_task import TrialTask

STEP, FIGURE = "training_step", "figure"
"""The names of a training's step and figure in the results that Tune gets."""

_SECONDS_BETWEEN_LOOKS = 0.5
_TAIL = 4000  # bytes of the log


class CampaignTrial(Trainable):
    """Runs the command of a task. Each result but the last has the next step of the training with its figure; the last
    one is `done` and has the `reason` of a failure, else an empty one.

    A process of its own keeps memory, threads and signals of a campaign apart, and ends with this actor.
    """

    def setup(self, config: dict[str, Any], tasks: Sequence[TrialTask] = ()) -> None:
        self._task = tasks[config["trial"]]
        self._process: ProcessGroup[bytes] | None = None
        self._next: deque[tuple[int, float]] = deque()
        self._last = 0

    def step(self) -> dict[str, Any]:
        try:
            if self._process is None:
                self._process = _start(self._task, self.trial_resource)
            while not self._next:
                code = self._process.poll()  # before the last look at the figures
                self._look()
                if code is not None and not self._next:
                    return {"done": True, "reason": _read_reason(self._task, code) if code else ""}
                if not self._next:
                    time.sleep(_SECONDS_BETWEEN_LOOKS)
        except (MolganError, OSError) as error:
            return {"done": True, "reason": str(error).splitlines()[0]}
        self._last, figure = self._next.popleft()
        return {STEP: self._last, FIGURE: figure}

    def cleanup(self) -> None:
        if self._process is not None:
            self._process.end()

    @property
    def trial_resource(self) -> dict[str, float]:
        """What this trial reserves, by the names of Ray's resources."""
        reserved: Any = self.trial_resources
        return cast(dict[str, float], reserved.required_resources)

    def _look(self) -> None:
        """Take in the figures of the steps that the training has made since the last look."""
        if self._task.read is not None:
            self._next.extend(pair for pair in self._task.read(self._task.run) if pair[0] > self._last)


def _start(task: TrialTask, reserved: dict[str, float]) -> ProcessGroup[bytes]:
    processors = str(max(1, int(reserved.get("CPU", 1))))
    environment = {"OMP_NUM_THREADS": processors, **os.environ, CORES: processors}
    if not reserved.get("GPU"):
        environment["CUDA_VISIBLE_DEVICES"] = ""  # else all trials of a machine would share its first GPU
    with task.log.open("ab") as log:
        process = ProcessGroup[bytes](
            task.command, stdout=log, stderr=subprocess.STDOUT, environment=environment, folder=str(task.place)
        )
    cast(Any, process.stdin).close()
    return process


def _read_reason(task: TrialTask, code: int) -> str:
    """The last line of a campaign that has failed."""
    with task.log.open("rb") as log:
        log.seek(max(0, log.seek(0, os.SEEK_END) - _TAIL))
        lines = log.read().decode(errors="replace").split("\n")
    last = next((line.strip() for line in reversed(lines) if line.strip()), "no output")
    return f"exit code {code}: {last.removeprefix('molgan: '):.300}"
