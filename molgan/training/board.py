"""Writes the reports of a run for TensorBoard: `tensorboard --logdir RUN/tensorboard`."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any


class Board:
    """Writes numbers as curves, and texts such as the SMILES of the best molecule as notes, tagged `stage`/name.

    A restarted writer hides everything in its folder beyond its first step, so that every stage has its own folder.
    """

    def __init__(self, folder: Path, stage: str) -> None:
        self._folder = folder / stage.replace(" ", "_")
        self._stage = stage
        self._writer: Any = None
        self._texts: dict[str, str] = {}

    def close(self) -> None:
        """Write pending rows; the next row opens the board again."""
        if self._writer is not None:
            self._writer.close()
        self._writer = None

    def __call__(self, metrics: Mapping[str, Any]) -> None:
        """Write a row of metrics, which has at least `step`; a text is written when it changes."""
        step = metrics["step"]
        if self._writer is None:
            from torch.utils.tensorboard import SummaryWriter

            # A resumed run hides the rows beyond its checkpoint.
            self._writer = SummaryWriter(str(self._folder), purge_step=step)
        for name, value in metrics.items():
            tag = f"{self._stage}/{name}"
            if isinstance(value, str):
                if self._texts.get(name) != value:
                    self._writer.add_text(tag, value, step)
                self._texts[name] = value
            elif isinstance(value, int | float) and name != "step":
                self._writer.add_scalar(tag, value, step)
