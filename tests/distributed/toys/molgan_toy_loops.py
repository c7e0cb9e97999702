"""Training loops that misbehave."""

import os
import signal
from pathlib import Path
from typing import Any

from molgan.training.prior.pretrain import pretrain
from molgan.training.share import Share


def pretrain_and_die_once(
    *arguments: Any, died: Path, step: int, report: Any, share: Share, end: int = signal.SIGKILL, **options: Any
) -> None:
    """`pretrain`, but the second worker gets a signal at a step, the first time: it is killed, or stopped."""

    def watch(metrics: dict[str, float], checkpoint: Any) -> None:
        report(metrics, checkpoint)
        if share.rank == 1 and metrics["step"] == step and not died.exists():
            died.touch()
            os.kill(os.getpid(), end)

    pretrain(*arguments, report=watch, share=share, **options)
