"""A stage of the training of a generator: what it has learned is kept, whatever is asked of it later."""

import shutil
from collections.abc import Mapping
from pathlib import Path

from molgan.campaign.stages.stage import Stage


class TrainingStage(Stage):
    """Takes days at times, so that it never starts anew by itself: other settings are an error."""

    restarts = False
    proof = "weights.json"

    def about(self) -> Mapping[str, object]:
        """What the description of a prior's weights says of the stage, once it is done."""
        return {}

    def run(self) -> None:
        adopt_checkpoint(self.folder)
        super().run()


def adopt_checkpoint(folder: Path) -> None:
    """Move to `folder`/checkpoint what an earlier version kept in `folder` itself, where the stage's record is now."""
    old = folder.with_name(folder.name + ".old")
    if (folder / "state.json").exists():
        shutil.rmtree(old, ignore_errors=True)
        folder.rename(old)
    if (old / "state.json").exists():
        folder.mkdir(exist_ok=True)
        old.rename(folder / "checkpoint")
