"""Train a prior from its configuration; the classes of the stages say what each one does."""

from pathlib import Path

from molgan.base.progress import Progress, Silent
from molgan.campaign.pipeline import run_stages
from molgan.campaign.stages.training_stage import TrainingStage
from molgan.campaign.work import open_work
from molgan.config import TrainingConfig, TranslationConfig


def train_prior(config: TrainingConfig | TranslationConfig, *, progress: Progress | None = None) -> Path:
    """Train, or continue from the last checkpoint in the run folder; returns the path of the weights, without suffix.

    The run folder holds config.yaml, metrics.jsonl, tensorboard/, checkpoints/ and at the end weights.safetensors and
    weights.json; after `distil` and `translate` also the last critic, and after `rejection` the files that
    `RefinedGenerator` reads. Raises RunError when another process works in the folder or it cannot be written,
    InputError when no molecule can be encoded, WeightsError when the checkpoint belongs to another training.
    """
    from molgan.models.loading import load_any

    with open_work(config, progress or Silent()) as work:
        stages = [stage for stage in run_stages(work) if isinstance(stage, TrainingStage)]
        about = {name: value for stage in stages for name, value in stage.about().items()}
        start = None if config.generator is None else config.generator.weights
        weights = stages[-1].folder / "generator" if stages else start
        assert weights is not None  # a configuration without `pretrain` names weights
        load_any(weights, raw=True).save(work.folder / "weights", seed=config.seed, **about)
    return work.folder / "weights"
