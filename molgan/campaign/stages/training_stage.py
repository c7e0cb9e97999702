"""The base class of the stages that train a generator; their results are never discarded by themselves."""

import shutil
from collections.abc import Mapping
from pathlib import Path

from molgan.campaign.stages.stage import Stage


class TrainingStage(Stage):
    """A training may take days, so that it never starts anew by itself: other settings are an error."""

    restarts = False
    proof = "weights.json"

    def about(self) -> Mapping[str, object]:
        """Entries of the finished stage for the description of the weights."""
        return {}

    def run(self) -> None:
        adopt_checkpoint(self.folder)
        super().run()


def adopt_checkpoint(folder: Path) -> None:
    """Move a checkpoint that an earlier version kept in `folder` itself, where the record is now, to its subfolder."""
    old = folder.with_name(folder.name + ".old")
    if (folder / "state.json").exists():
        shutil.rmtree(old, ignore_errors=True)
        folder.rename(old)
    if (old / "state.json").exists():
        folder.mkdir(exist_ok=True)
        old.rename(folder / "checkpoint")
