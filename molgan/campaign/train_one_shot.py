"""Train a one-shot generator from its configuration; the classes of the stages say what each one does."""

from pathlib import Path

from molgan.base.progress import Progress, Silent
from molgan.campaign.pipeline import run_stages
from molgan.campaign.work import open_work
from molgan.config import OneShotConfig


def train_one_shot(config: OneShotConfig, *, progress: Progress | None = None) -> Path:
    """Train, or continue from the last checkpoint in the run folder; returns the path of the weights, without suffix.

    The run folder holds config.yaml, metrics.jsonl, tensorboard/, checkpoints/ and at the end weights.safetensors and
    weights.json. Raises RunError when another process works in the folder or it cannot be written, InputError when no
    molecule has a dense graph, WeightsError when the checkpoint belongs to another training.
    """
    with open_work(config, progress or Silent()) as work:
        run_stages(work)
    return work.folder / "weights"
