"""Differentially private likelihood training of a generator."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from molgan.graphs.motif.forcing import Walk
from molgan.graphs.motif.motif_data import ActionData
from molgan.models.protocols import LikelihoodGenerator
from molgan.training.prior.likelihood_loop import Batch, maximise_likelihood
from molgan.training.prior.pretrain import count_steps, tell_some
from molgan.training.private.accountant import PrivacyPlan, plan_privacy
from molgan.training.private.noise import KeyedNoise
from molgan.training.private.private_gradients import PrivateGradients
from molgan.training.private.settings import PrivateSettings
from molgan.training.report import Report, silent
from molgan.training.settings import PretrainSettings
from molgan.training.share import ALONE


def pretrain_privately(
    generator: LikelihoodGenerator,
    data: ActionData,
    settings: PretrainSettings,
    private: PrivateSettings,
    *,
    seed: int,
    key: bytes,
    checkpoint: Path | None = None,
    report: Report = silent,
) -> PrivacyPlan:
    """Maximise the likelihood of molecules in place, as `pretrain` does, so that the weights are (epsilon,
    delta)-differentially private: Poisson batches of `settings.batch_size` molecules on average, and the Gaussian
    mechanism in place of the gradient. `settings.clip` and `bf16` do not apply. What is reported, and the checkpoint,
    are not private; the weights alone are.

    Args:
        generator: The generator, which has not seen the molecules; nor has its vocabulary.
        data: The molecules. One that the generator cannot draw does not count.
        settings: Settings of the training.
        private: The budget.
        seed: Seed of the random numbers.
        key: What they depend on besides, and others do not know.
        checkpoint: The folder from which the loop resumes exactly.
        report: Takes loss (nats a molecule), learning rate, molecules a second, and the epsilon spent so far.

    Returns:
        What the training has spent.

    Raises:
        ConfigError: The budget cannot be met, or Opacus is not installed.
        WeightsError: The checkpoint belongs to another training.
    """
    steps = count_steps(len(data), settings)
    plan = plan_pretraining(private, settings, len(data))
    noise = KeyedNoise(key, seed)
    optimizer = torch.optim.AdamW(
        generator.parameters(), settings.learning_rate, weight_decay=settings.weight_decay, fused=True
    )
    identity = {"steps": steps, "seed": seed, "molecules": len(data), **settings.model_dump(), **plan.describe()}

    def teach(done: int) -> Iterator[Batch]:
        for step in range(done + 1, steps + 1):
            rows = noise.choose(len(data), plan.rate, step)
            told = None
            if data.properties is not None:
                rng = noise.open(step, "told")
                told = tell_some(data.properties[rows], settings.untold, rng)
            walks = generator.walk([data[i].tolist() for i in rows])
            yield len(rows), list_losses(generator, walks, told)

    def report_spent(metrics: dict[str, Any], saved: Mapping[str, Any] | None) -> None:
        report({**metrics, "epsilon": plan.spend(metrics["step"])}, saved)

    maximise_likelihood(
        generator,
        optimizer,
        teach,
        settings,
        steps=steps,
        identity=identity,
        checkpoint=checkpoint,
        report=report_spent,
        share=ALONE,
        gradients=PrivateGradients(noise, clip=private.clip, multiplier=plan.noise, expected=plan.rate * len(data)),
        clip=math.inf,
    )
    return plan


def plan_pretraining(private: PrivateSettings, settings: PretrainSettings, molecules: int) -> PrivacyPlan:
    """What likelihood training on so many molecules spends. Raises ConfigError, one line with the mend, where the
    budget cannot be met."""
    return plan_privacy(
        private,
        molecules=molecules,
        batch=settings.batch_size,
        steps=count_steps(molecules, settings),
        batch_name="pretrain.batch_size",
        length="pretrain.epochs",
    )


def list_losses(
    generator: LikelihoodGenerator, walks: Sequence[Walk], told: np.ndarray | None = None
) -> list[partial[Tensor]]:
    """The loss of each molecule, in nats, yet to be computed; none for what the generator cannot draw."""
    return [
        partial(_find_loss, generator, walk, None if told is None else told[i : i + 1])
        for i, walk in enumerate(walks)
        if len(walk.actions)
    ]


def _find_loss(generator: LikelihoodGenerator, walk: Walk, told: np.ndarray | None) -> Tensor:
    return -generator.log_likelihood_of([walk], told).sum()
