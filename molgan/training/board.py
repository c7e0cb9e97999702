"""What a run reports, for TensorBoard to show while it goes on: `tensorboard --logdir RUN/tensorboard`."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any


class Board:
    """Numbers become curves, texts such as the SMILES of the best molecule become notes, tagged `stage`/name.

    A writer that starts again hides all of its folder beyond its first step, so every stage has a folder of its own.
    """

    def __init__(self, folder: Path, stage: str) -> None:
        self._folder = folder / stage.replace(" ", "_")
        self._stage = stage
        self._writer: Any = None
        self._texts: dict[str, str] = {}

    def close(self) -> None:
        """Write what is left; the next row opens the board anew."""
        if self._writer is not None:
            self._writer.close()
        self._writer = None

    def __call__(self, metrics: Mapping[str, Any]) -> None:
        """`metrics` has at least `step`; a text is noted when it changes."""
        step = metrics["step"]
        if self._writer is None:
            from torch.utils.tensorboard import SummaryWriter

            # A run that goes on hides what it had written beyond its checkpoint.
            self._writer = SummaryWriter(str(self._folder), purge_step=step)
        for name, value in metrics.items():
            tag = f"{self._stage}/{name}"
            if isinstance(value, str):
                if self._texts.get(name) != value:
                    self._writer.add_text(tag, value, step)
                self._texts[name] = value
            elif isinstance(value, int | float) and name != "step":
                self._writer.add_scalar(tag, value, step)
