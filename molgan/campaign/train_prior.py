"""Train a prior from its configuration: data, network, loop, weights."""

import os
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from molgan.base import cache_folder as cache
from molgan.base.progress import Progress, Silent
from molgan.campaign.run_folder.folder import opened
from molgan.campaign.run_folder.metrics_log import MetricsLog
from molgan.campaign.run_folder.mirror import mirrored
from molgan.config import TrainingConfig, write_config
from molgan.training.settings import DistilSettings, PretrainSettings, RejectionSettings

if TYPE_CHECKING:
    import numpy as np

    from molgan.graphs.motif.actions import Vocabulary
    from molgan.models.motif.motif_generator import MotifGenerator

_LARGE = 200_000  # bytes of a file that is worth several processes
_SHOWN = 6  # figures beside the bar


def train_prior(config: TrainingConfig, *, progress: Progress | None = None) -> Path:
    """Train, or go on from the last checkpoint in the run folder; returns the path of the weights, without suffix.

    The run folder holds config.yaml, metrics.jsonl, tensorboard/, checkpoints/ and at the end weights.safetensors and
    weights.json, after `distil` the last critic beside them, and after `rejection` what `RefinedGenerator` reads.
    Raises RunError when another process works there or it cannot be written, InputError when no molecule can be
    encoded, WeightsError when its checkpoint is of another training.
    """
    import torch

    from molgan.models.loading import load_generator
    from molgan.models.motif.motif_generator import MotifGenerator

    progress = progress or Silent()
    if config.compute.threads and not config.compute.workers:
        torch.set_num_threads(config.compute.threads)
    device = "cuda" if config.compute.device != "cpu" and torch.cuda.is_available() else "cpu"
    with opened(config.folder) as folder, mirrored(folder, config.storage) as keep:
        write_config(config, folder / "config.yaml")
        about: dict[str, Any] = {"seed": config.seed}
        generator = load_generator(config.generator.weights, MotifGenerator) if config.generator else None
        if config.pretrain is not None:
            generator, about["data"] = _pretrained(config, config.pretrain, generator, device, folder, progress, keep)
            about["pretrain"] = config.pretrain.model_dump(mode="json")
        assert generator is not None  # the configuration has one of the two
        if config.distil is not None:
            about["distilled"] = _distilled(config, config.distil, generator.to(device), folder, progress, keep)
            about["distil"] = config.distil.model_dump(mode="json")
        generator.cpu().save(folder / "weights", **about)
        if config.rejection is not None:
            _rejecting(config, config.rejection, generator.to(device), folder, progress)
    return folder / "weights"


def _pretrained(
    config: TrainingConfig,
    settings: PretrainSettings,
    start: "MotifGenerator | None",
    device: str,
    folder: Path,
    progress: Progress,
    keep: Callable[[], None],
) -> tuple["MotifGenerator", dict[str, object]]:
    """A generator that has learned the data, and what there is to say of the data."""
    from molgan.distributed.train import pretrain_on_ray
    from molgan.graphs.motif.motif_data import prepare
    from molgan.training.prior.pretrain import pretrain

    data = prepare(
        config.data.train,
        cache.folder(),
        column=config.data.column,
        least_count=settings.least_count,
        vocabulary=start and start.vocabulary,
        processes=processes_for(config.data.train),
        progress=progress,
    )
    coverage, atoms = data.summary["coverage"], int(str(data.summary["atoms"]))
    progress.message(f"{len(data):,} molecules of at most {atoms} atoms; the vocabulary covers {coverage:.2%}")
    generator = _generator(config, start, data.vocabulary, atoms)
    report = TrainingReporter(folder, "pretrain", progress, settings.batch_size, keep)
    loop: Callable[..., None] = pretrain
    if config.compute.workers:
        loop = partial(pretrain_on_ray, compute=config.compute, progress=progress)
    else:
        generator.to(device)
    loop(generator, data, settings, seed=config.seed, checkpoint=folder / "checkpoints" / "pretrain", report=report)
    report.close()
    generator.divide_logits(settings.temperature)
    return generator, data.summary


def _distilled(
    config: TrainingConfig,
    settings: DistilSettings,
    generator: "MotifGenerator",
    folder: Path,
    progress: Progress,
    keep: Callable[[], None],
) -> list[dict[str, float]]:
    """Refine the generator by critics in place; the figures of the rounds."""
    from molgan.campaign.stages.refining import training_molecules
    from molgan.models.critics.discriminator import Discriminator
    from molgan.training.prior.distil import distil

    report = _DistilReporter(folder, progress, settings, keep)
    critic = Discriminator(seed=config.seed).to(generator.device)
    figures = distil(
        generator,
        critic,
        training_molecules(config.data, settings.rounds * settings.real, config.seed),
        settings,
        seed=config.seed,
        checkpoint=folder / "checkpoints" / "distil",
        known=partial(_known, config) if settings.novel else None,
        report=report,
        processes=processes_for(config.data.train),
    )
    report.close()
    critic.cpu().save(folder / "critic")
    return figures


def _rejecting(
    config: TrainingConfig,
    settings: RejectionSettings,
    generator: "MotifGenerator",
    folder: Path,
    progress: Progress,
) -> None:
    """A critic for sampling by rejection, and what it has to know, beside the weights."""
    from molgan.campaign.stages.refining import training_molecules
    from molgan.chem.known_set import KnownSet, bits_for
    from molgan.chem.molecule import parse
    from molgan.chem.reading import read_smiles
    from molgan.training.prior.rejection import train_rejection

    def report(metrics: Mapping[str, Any], saved: Mapping[str, Any] | None) -> None:
        told = f"loss {metrics['loss']:.4f}, area under the curve {metrics['auc']:.3f}"
        progress.message(f"rejection: critic after {metrics['step']:,} steps: {told}")

    known = None
    if settings.novel:
        progress.message("rejection: noting the training data")
        records = read_smiles(config.data.train, column=config.data.column)
        canonical = [one for record in records if (one := parse(record.smiles).smiles) is not None]
        known = KnownSet.of(canonical, log2_bits=bits_for(len(canonical)))
    progress.message("rejection: drawing molecules and describing them")
    refined, figures = train_rejection(
        generator,
        training_molecules(config.data, settings.real + settings.reference, config.seed),
        settings,
        seed=config.seed,
        known=known,
        report=report,
        processes=processes_for(config.data.train),
    )
    refined.save(folder / "weights", figures=figures)
    told = (
        f"{figures['critic_accuracy']:.1%} of the data and the samples apart; {figures['eligible']:.1%} of the samples "
        f"are new and in the data's ranges, {figures['acceptance']:.1%} are accepted"
    )
    progress.message(f"rejection: the critic tells {told}")


def _known(config: TrainingConfig, smiles: Sequence[str]) -> "np.ndarray":
    """Which molecules are in the training data, bool [n]."""
    import numpy as np

    from molgan.chem.molecule import parse_all
    from molgan.filters.reference_set import ReferenceSet

    training = ReferenceSet.load(str(config.data.train), config.data.column)
    return np.array([found is not None for found in training.find(parse_all(smiles))])


def processes_for(data: Path) -> int:
    """How many processes are worth while to prepare a file."""
    return len(os.sched_getaffinity(0)) if data.stat().st_size > _LARGE else 1


def _generator(
    config: TrainingConfig, start: "MotifGenerator | None", vocabulary: "Vocabulary", atoms: int
) -> "MotifGenerator":
    """What training starts from: `start` with room for the new data's motifs, or a network without any training."""
    import torch

    from molgan.models.motif.growth import grow
    from molgan.models.motif.motif_generator import MotifGenerator

    if start is not None:
        return grow(start, vocabulary, max_atoms=max(atoms, start.max_atoms), seed=config.seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.seed)
        return MotifGenerator(vocabulary, config.network, max_atoms=atoms)


class TrainingReporter:
    """Takes what a loop reports to metrics.jsonl, to TensorBoard and to the progress shown."""

    def __init__(
        self, folder: Path, stage: str, progress: Progress, molecules_a_step: int, keep: Callable[[], None]
    ) -> None:
        from torch.utils.tensorboard import SummaryWriter

        self._log = MetricsLog(folder / "metrics.jsonl")
        self._board = SummaryWriter(str(folder / "tensorboard"))
        self._stage = stage
        self._progress = progress
        self._molecules_a_step = molecules_a_step
        self._keep = keep
        self._step = 0

    def __call__(self, metrics: Mapping[str, Any], saved: Mapping[str, Any] | None) -> None:
        told = {name: value for name, value in metrics.items() if name not in ("step", "steps")}
        figures = {name: value for name, value in told.items() if isinstance(value, int | float)}
        step, steps = metrics["step"], metrics["steps"]
        if self._step == 0:
            self._progress.start(self._stage, (steps - step) * self._molecules_a_step)
        else:
            shown = {name: figures[name] for name in list(figures)[:_SHOWN]}
            self._progress.advance(self._stage, max(0, step - self._step) * self._molecules_a_step, **shown)
        if step <= self._step or self._step == 0:
            self._log.resume(self._stage, step)  # an interrupted run, or a lost worker, had come further
        self._step = step
        self._log.add({"stage": self._stage, "step": step, **told, **({"saved": True} if saved else {})})
        for name, value in figures.items():
            self._board.add_scalar(f"{self._stage}/{name}", value, step)
        if saved:
            self._keep()

    def close(self) -> None:
        self._board.close()
        if self._step:
            self._progress.finish(self._stage)


class _DistilReporter:
    """Tells of the critic and what it accepts in words, and of each round's fit as of a training."""

    def __init__(self, folder: Path, progress: Progress, settings: DistilSettings, keep: Callable[[], None]) -> None:
        self._folder = folder
        self._progress = progress
        self._settings = settings
        self._keep = keep
        self._fit: TrainingReporter | None = None

    def __call__(self, metrics: Mapping[str, Any], saved: Mapping[str, Any] | None) -> None:
        at = f"distil, round {metrics['round']} of {self._settings.rounds}"
        if metrics["phase"] == "critic":
            told = f"loss {metrics['loss']:.4f}, area under the curve {metrics['auc']:.3f}"
            self._progress.message(f"{at}: critic after {metrics['step']:,} steps: {told}")
        elif metrics["phase"] == "accepted":
            self.close()
            share = f"{metrics['accepted']:,.0f} of the candidates accepted, {metrics['acceptance']:.1%}"
            self._progress.message(f"{at}: the critic tells {metrics['critic_accuracy']:.1%} apart; {share}")
            stage = f"distil {metrics['round']}"
            self._fit = TrainingReporter(self._folder, stage, self._progress, self._settings.fit.batch_size, self._keep)
        elif self._fit is not None:
            self._fit({name: value for name, value in metrics.items() if name not in ("phase", "round")}, saved)

    def close(self) -> None:
        if self._fit is not None:
            self._fit.close()
