"""Train a one-shot generator from its configuration: data, networks, loops, weights."""

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from molgan.base.errors import InputError
from molgan.base.progress import Progress, Silent
from molgan.campaign.run_folder.folder import opened
from molgan.campaign.run_folder.mirror import mirrored
from molgan.campaign.train_prior import TrainingReporter, processes_for
from molgan.config import OneShotConfig, write_config

if TYPE_CHECKING:
    from molgan.graphs.dense.dense_data import DenseData
    from molgan.models.one_shot.one_shot_generator import OneShotGenerator


def train_one_shot(config: OneShotConfig, *, progress: Progress | None = None) -> Path:
    """Train, or go on from the last checkpoint in the run folder; returns the path of the weights, without suffix.

    The run folder holds config.yaml, metrics.jsonl, tensorboard/, checkpoints/ and at the end weights.safetensors and
    weights.json. Raises RunError when another process works there or it cannot be written, InputError when no molecule
    has a dense graph, WeightsError when its checkpoint is of another training.
    """
    import torch

    from molgan.graphs.dense.dense_data import prepare_dense
    from molgan.models.loading import load_generator
    from molgan.models.one_shot.one_shot_generator import OneShotGenerator

    progress = progress or Silent()
    if config.compute.threads:
        torch.set_num_threads(config.compute.threads)
    with opened(config.folder) as folder, mirrored(folder, config.storage) as keep:
        write_config(config, folder / "config.yaml")
        if config.generator is None:
            generator = OneShotGenerator(config.network, seed=config.seed)
        else:
            generator = load_generator(config.generator.weights, OneShotGenerator)
        if generator.settings.condition and config.critic.pack > 1:
            raise InputError("critic.pack: molecules with `network.condition` are judged one by one, pack 1")
        if generator.settings.rows is None and (config.likelihood or config.oneshot.anchor or config.oneshot.policy):
            raise InputError(
                "likelihood, oneshot.anchor, oneshot.policy: only weights of a network with `rows` have them"
            )
        data = prepare_dense(
            config.data.train,
            column=config.data.column,
            max_atoms=generator.settings.max_atoms,
            atoms=generator.settings.atoms,
            processes=processes_for(config.data.train),
            progress=progress,
        )
        progress.message(f"{len(data):,} molecules, {config.held_out:,} of them held out for evaluation")
        part = _aimed(generator, data.part(config.held_out, None), progress, fresh=config.generator is None)
        _learn_rows(config, generator, part, folder, progress, keep)
        outcome = _play(config, generator, part, folder, progress, keep)
        about = {name: value for name, value in config.model_dump(mode="json").items() if name in _TOLD and value}
        generator.save(folder / "weights", **about, data=data.summary, outcome=outcome)
    return folder / "weights"


_TOLD = ("seed", "critic", "likelihood", "oneshot", "objective", "held_out")


def _aimed(generator: "OneShotGenerator", data: "DenseData", progress: Progress, *, fresh: bool) -> "DenseData":
    """The molecules with the properties that a conditional generator aims at, without those that one fails for.

    A generator that is not `fresh` keeps the scale that it was trained with.
    """
    from molgan.scoring.score_table import score

    if generator.targets is None:
        return data
    names = list(generator.targets.names)
    progress.message(f"computing {', '.join(names)} of {len(data):,} molecules")
    values = score(data.smiles, names)[names].to_numpy(dtype=float, na_value=np.nan)
    kept = np.flatnonzero(np.isfinite(values).all(axis=1))
    if len(kept) < len(data):
        progress.message(f"{len(data) - len(kept):,} molecules are left out: {', '.join(names)} failed")
    targets = generator.targets
    return data.rows(kept).with_targets((targets.learn if fresh else targets.standard)(values[kept]))


def _learn_rows(
    config: OneShotConfig,
    generator: "OneShotGenerator",
    data: "DenseData",
    folder: Path,
    progress: Progress,
    keep: Callable[[], None],
) -> None:
    from molgan.training.one_shot.likelihood import learn_rows

    settings = config.likelihood
    if settings is not None:
        report = TrainingReporter(folder, "likelihood", progress, settings.batch_size, keep)
        place = folder / "checkpoints" / "likelihood"
        learn_rows(generator, data, settings, seed=config.seed, checkpoint=place, report=report)
        report.close()


def _play(
    config: OneShotConfig,
    generator: "OneShotGenerator",
    data: "DenseData",
    folder: Path,
    progress: Progress,
    keep: Callable[[], None],
) -> dict[str, Any]:
    from molgan.models.critics.dense_critic import DenseCritic, DenseRewardNetwork
    from molgan.scoring.objective import Objective
    from molgan.training.one_shot.one_shot_training import train_oneshot

    settings = config.oneshot
    report = TrainingReporter(folder, "oneshot", progress, settings.batch_size, keep)
    objective = Objective(config.objective) if config.objective is not None and settings.gan_weight < 1 else None
    predicts = objective is not None and settings.policy is None
    outcome = train_oneshot(
        generator,
        DenseCritic(generator.settings, config.critic, seed=config.seed + 1),
        data,
        settings,
        reward=objective and objective.reward,
        reward_network=DenseRewardNetwork(generator.settings, config.critic, seed=config.seed + 2)
        if predicts
        else None,
        seed=config.seed,
        checkpoint=folder / "checkpoints" / "oneshot",
        report=report,
        message=progress.message,
    )
    report.close()
    return asdict(outcome)
