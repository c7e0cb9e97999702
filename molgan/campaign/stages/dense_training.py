"""Prepares the one-shot generator and its training molecules, for both stages that train it."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from molgan.base.errors import InputError
from molgan.campaign.work import Work

if TYPE_CHECKING:
    from molgan.graphs.dense.dense_data import DenseData
    from molgan.models.one_shot.one_shot_generator import OneShotGenerator


@dataclass(frozen=True)
class DenseTraining:
    """`data`: the molecules to train on, without those held out. `summary`: counts over all molecules."""

    generator: "OneShotGenerator"
    data: "DenseData"
    summary: dict[str, object]


def prepare_training(work: Work) -> DenseTraining:
    """The generator that the job starts with, and its data.

    Raises InputError when no molecule has a dense graph, or the settings do not suit the weights."""
    from molgan.graphs.dense.dense_data import prepare_dense
    from molgan.models.loading import load_generator
    from molgan.models.one_shot.one_shot_generator import OneShotGenerator

    config = work.config
    if config.generator is None:
        generator = OneShotGenerator(config.network, seed=config.seed)
    else:
        generator = load_generator(config.generator.weights, OneShotGenerator)
    if generator.settings.condition and config.critic.pack > 1:
        raise InputError("critic.pack: molecules with `network.condition` are judged one by one; set pack to 1")
    if generator.settings.rows is None and (config.likelihood or config.oneshot.anchor or config.oneshot.policy):
        raise InputError("likelihood, oneshot.anchor, oneshot.policy: these need the weights of a network with `rows`")
    data = prepare_dense(
        config.data.train,
        column=config.data.column,
        max_atoms=generator.settings.max_atoms,
        atoms=generator.settings.atoms,
        processes=work.processes,
        progress=work.progress,
    )
    work.progress.message(f"{len(data):,} molecules, {config.held_out:,} of them held out for evaluation")
    return DenseTraining(generator, _add_targets(work, generator, data.part(config.held_out, None)), data.summary)


def _add_targets(work: Work, generator: "OneShotGenerator", data: "DenseData") -> "DenseData":
    """The molecules with the properties that a conditional generator aims at; molecules without a value are left out.

    A generator that was trained before keeps the scale of that training.
    """
    from molgan.scoring.score_table import score

    if generator.targets is None:
        return data
    names = list(generator.targets.names)
    work.progress.message(f"computing {', '.join(names)} of {len(data):,} molecules")
    values = score(data.smiles, names)[names].to_numpy(dtype=float, na_value=np.nan)
    kept = np.flatnonzero(np.isfinite(values).all(axis=1))
    if len(kept) < len(data):
        work.progress.message(
            f"{len(data) - len(kept):,} molecules are left out, since a scorer failed: {', '.join(names)}"
        )
    scale = generator.targets.learn if work.config.generator is None else generator.targets.standard
    return data.rows(kept).with_targets(scale(values[kept]))
