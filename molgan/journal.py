"""What a training loop reports goes to metrics.jsonl, to TensorBoard and to the progress shown."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from molgan.progress import Progress


class Journal:
    """A `report` for the loops: `journal(metrics, checkpoint)`. `metrics` holds "step" and "steps".

    Lines that an interrupted run wrote beyond the step from which it is taken up again are replaced.
    """

    def __init__(self, folder: Path, stage: str, progress: Progress, *, molecules_a_step: int) -> None:
        from torch.utils.tensorboard import SummaryWriter

        self._stage = stage
        self._progress = progress
        self._molecules_a_step = molecules_a_step
        self._metrics = folder / "metrics.jsonl"
        self._board = SummaryWriter(str(folder / "tensorboard"))  # type: ignore[no-untyped-call]
        self._step: int | None = None

    def __call__(self, metrics: Mapping[str, Any], checkpoint: Mapping[str, Any] | None) -> None:
        step = int(metrics["step"])
        if self._step is None:
            self._forget(step)
            self._progress.start(self._stage, (int(metrics["steps"]) - step) * self._molecules_a_step)
        else:
            figures = {name: value for name, value in metrics.items() if name not in ("step", "steps")}
            self._progress.advance(self._stage, (step - self._step) * self._molecules_a_step, **figures)
        self._step = step
        with self._metrics.open("a", encoding="utf-8") as handle:
            handle.write(json.dumps({"stage": self._stage, **metrics}) + "\n")
        for name, value in metrics.items():
            if name not in ("step", "steps"):
                self._board.add_scalar(f"{self._stage}/{name}", value, step)  # type: ignore[no-untyped-call]

    def close(self) -> None:
        """No more reports."""
        self._board.close()  # type: ignore[no-untyped-call]
        if self._step is not None:
            self._progress.finish(self._stage)

    def _forget(self, step: int) -> None:
        """Drop the lines of this stage from `step` on."""
        if not self._metrics.exists():
            return
        lines = self._metrics.read_text(encoding="utf-8").splitlines(keepends=True)
        kept = [line for line in lines if (row := json.loads(line))["stage"] != self._stage or row["step"] < step]
        self._metrics.write_text("".join(kept), encoding="utf-8")
