"""Likelihood training of a generator that goes atom by atom."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from molgan.errors import InputError
from molgan.graphs.dense_data import DenseData
from molgan.models.oneshot import OneShotGenerator
from molgan.training.latent import Report, fit, targets_of
from molgan.training.oneshot_settings import LikelihoodSettings


def learn_rows(
    generator: OneShotGenerator,
    data: DenseData,
    settings: LikelihoodSettings,
    *,
    seed: int,
    checkpoint: Path | None = None,
    report: Report = lambda metrics, checkpoint: None,
) -> None:
    """Maximise the likelihood of the data's molecules, in place; ends with the average of the weights.

    `report` gets the loss in nats a molecule and the share of the molecules that have rows; the others are left out.
    Goes on from `checkpoint` exactly. Raises InputError where no molecule has rows.
    """
    rows = generator.rows.vocabulary.encode(data.graphs)
    whole = np.flatnonzero((rows >= 0).all(axis=1))
    if not len(whole):
        raise InputError("no molecule of the data has its atoms in an order in which each is bound to one before it")
    encoded = torch.from_numpy(rows)

    def loss_of(step: int, rng: torch.Generator) -> tuple[Tensor, dict[str, float]]:
        chosen = whole[torch.randint(len(whole), (settings.batch_size,), generator=rng).numpy()]
        loss = -generator.rows.log_likelihood(encoded[chosen], targets_of(data, chosen)).mean()
        return loss, {"loss": loss.item(), "coverage": len(whole) / len(data)}

    fit(
        generator.rows,
        loss_of,
        settings,
        seed=seed,
        molecules=len(data),
        network=generator.settings,
        checkpoint=checkpoint,
        report=report,
        ema=settings.ema,
    )
