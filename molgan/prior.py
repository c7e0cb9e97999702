"""Train a prior from its configuration: data, network, loop, weights."""

import os
from pathlib import Path

from molgan.chem import cache
from molgan.config import TrainingConfig, write_config
from molgan.errors import RunError
from molgan.journal import Journal
from molgan.progress import Progress, Silent


def train_prior(config: TrainingConfig, *, progress: Progress | None = None) -> Path:
    """Train, or go on from the last checkpoint in the run folder; returns the path of the weights, without suffix.

    The run folder holds config.yaml, metrics.jsonl, tensorboard/, checkpoints/ and at the end weights.safetensors and
    weights.json. Raises RunError when it cannot be written, InputError when no molecule can be encoded, WeightsError
    when its checkpoint is of another training.
    """
    import torch

    from molgan.graphs.datasets import prepare
    from molgan.models.motif import MotifGenerator
    from molgan.training.pretrain import pretrain

    progress = progress or Silent()
    folder = config.folder
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_config(config, folder / "config.yaml")
    except OSError as error:
        raise RunError(f"{folder}: cannot be written: {error.strerror}") from None
    if config.compute.threads:
        torch.set_num_threads(config.compute.threads)
    device = "cuda" if config.compute.device != "cpu" and torch.cuda.is_available() else "cpu"
    cores = len(os.sched_getaffinity(0))
    data = prepare(
        config.data.train, cache.folder(), column=config.data.column, processes=cores, progress=progress
    )
    coverage, atoms = data.summary["coverage"], int(str(data.summary["atoms"]))
    progress.message(f"{len(data):,} molecules of at most {atoms} atoms; the vocabulary covers {coverage:.2%}")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.seed)
        generator = MotifGenerator(data.vocabulary, config.network, max_atoms=atoms).to(device)
    journal = Journal(folder, "pretrain", progress, molecules_a_step=config.pretrain.batch_size)
    checkpoint = folder / "checkpoints" / "pretrain"
    pretrain(generator, data, config.pretrain, seed=config.seed, checkpoint=checkpoint, report=journal)
    journal.close()
    weights = folder / "weights"
    generator.save(weights, data=dict(data.summary), settings=config.pretrain.model_dump(), seed=config.seed)
    return weights
