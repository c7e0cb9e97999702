"""Train a prior from its configuration: data, network, loop, weights."""

import os
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from molgan.campaign.folder import opened
from molgan.campaign.metrics import MetricsLog
from molgan.campaign.mirror import mirrored
from molgan.chem import cache
from molgan.config import TrainingConfig, write_config
from molgan.progress import Progress, Silent

if TYPE_CHECKING:
    from molgan.graphs.motif_actions import Vocabulary
    from molgan.models.motif import MotifGenerator

_STAGE = "pretrain"
_LARGE = 200_000  # bytes of a file that is worth several processes


def train_prior(config: TrainingConfig, *, progress: Progress | None = None) -> Path:
    """Train, or go on from the last checkpoint in the run folder; returns the path of the weights, without suffix.

    The run folder holds config.yaml, metrics.jsonl, tensorboard/, checkpoints/ and at the end weights.safetensors and
    weights.json. Raises RunError when another process works there or it cannot be written, InputError when no molecule
    can be encoded, WeightsError when its checkpoint is of another training.
    """
    import torch

    from molgan.distributed.train import pretrain_on_ray
    from molgan.graphs.datasets import prepare
    from molgan.models.motif import load_generator
    from molgan.training.pretrain import pretrain

    progress = progress or Silent()
    compute, settings = config.compute, config.pretrain
    with opened(config.folder) as folder, mirrored(folder, config.storage) as keep:
        write_config(config, folder / "config.yaml")
        train, column = config.data.train, config.data.column
        processes = len(os.sched_getaffinity(0)) if train.stat().st_size > _LARGE else 1
        start = load_generator(config.generator.weights) if config.generator else None
        data = prepare(
            train,
            cache.folder(),
            column=column,
            least_count=settings.least_count,
            vocabulary=start and start.vocabulary,
            processes=processes,
            progress=progress,
        )
        coverage, atoms = data.summary["coverage"], int(str(data.summary["atoms"]))
        progress.message(f"{len(data):,} molecules of at most {atoms} atoms; the vocabulary covers {coverage:.2%}")
        generator = _generator(config, start, data.vocabulary, atoms)
        checkpoint = folder / "checkpoints" / _STAGE
        report = _Reporter(folder, progress, settings.batch_size, keep)
        loop: Callable[..., None]
        if compute.workers:
            loop = partial(pretrain_on_ray, compute=compute, progress=progress)
        else:
            if compute.threads:
                torch.set_num_threads(compute.threads)
            generator.to("cuda" if compute.device != "cpu" and torch.cuda.is_available() else "cpu")
            loop = pretrain
        loop(generator, data, settings, seed=config.seed, checkpoint=checkpoint, report=report)
        report.close()
        generator.cpu().save(
            folder / "weights", data=data.summary, settings=settings.model_dump(mode="json"), seed=config.seed
        )
    return folder / "weights"


def _generator(
    config: TrainingConfig, start: "MotifGenerator | None", vocabulary: "Vocabulary", atoms: int
) -> "MotifGenerator":
    """What training starts from: `start` with room for the new data's motifs, or a network without any training."""
    import torch

    from molgan.models.growth import grown
    from molgan.models.motif import MotifGenerator

    if start is not None:
        return grown(start, vocabulary, max_atoms=max(atoms, start.max_atoms), seed=config.seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.seed)
        return MotifGenerator(vocabulary, config.network, max_atoms=atoms)


class _Reporter:
    """Takes what the loop reports to metrics.jsonl, to TensorBoard and to the progress shown."""

    def __init__(self, folder: Path, progress: Progress, molecules_a_step: int, keep: Callable[[], None]) -> None:
        from torch.utils.tensorboard import SummaryWriter

        self._log = MetricsLog(folder / "metrics.jsonl")
        self._board = SummaryWriter(str(folder / "tensorboard"))
        self._progress = progress
        self._molecules_a_step = molecules_a_step
        self._keep = keep
        self._step = 0

    def __call__(self, metrics: Mapping[str, Any], saved: Mapping[str, Any] | None) -> None:
        figures = {name: value for name, value in metrics.items() if name not in ("step", "steps")}
        step, steps = metrics["step"], metrics["steps"]
        if self._step == 0:
            self._progress.start(_STAGE, (steps - step) * self._molecules_a_step)
        else:
            self._progress.advance(_STAGE, max(0, step - self._step) * self._molecules_a_step, **figures)
        if step <= self._step or self._step == 0:
            self._log.resume(_STAGE, step)  # an interrupted run, or a lost worker, had come further
        self._step = step
        self._log.add({"stage": _STAGE, "step": step, **figures, **({"saved": True} if saved else {})})
        for name, value in figures.items():
            self._board.add_scalar(f"{_STAGE}/{name}", value, step)
        if saved:
            self._keep()

    def close(self) -> None:
        self._board.close()
        if self._step:
            self._progress.finish(_STAGE)
