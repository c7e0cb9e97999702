"""Likelihood training of a generator that goes atom by atom."""

from __future__ import annotations

import copy
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from molgan.base.errors import InputError, WeightsError
from molgan.graphs.dense.dense_data import DenseData
from molgan.graphs.dense.dense_graph import DenseGraphs
from molgan.models.one_shot.one_shot_generator import OneShotGenerator
from molgan.models.precision import autocast
from molgan.training.checkpoint import (
    load_checkpoint,
    optimizer_tensors,
    restore_optimizer,
    save_checkpoint,
    under_prefix,
    with_prefix,
)
from molgan.training.energy import step_seed
from molgan.training.one_shot.settings import LikelihoodSettings
from molgan.training.report import Report, silent


def learn_rows(
    generator: OneShotGenerator,
    data: DenseData,
    settings: LikelihoodSettings,
    *,
    seed: int,
    checkpoint: Path | None = None,
    report: Report = silent,
) -> None:
    """Maximise the likelihood of the data's molecules, in place; ends with the average of the weights.

    `report` gets the loss in nats a molecule and the share of the molecules that have rows; the others are left out.
    Goes on from `checkpoint` exactly. Raises InputError where no molecule has rows, WeightsError for a checkpoint of
    another training.
    """
    network = generator.rows
    encoded = network.vocabulary.encode(data.graphs)
    whole = np.flatnonzero((encoded >= 0).all(axis=1))
    if not len(whole):
        raise InputError("no molecule of the data has its atoms in an order in which each is bound to one before it")
    rows = torch.from_numpy(encoded)
    optimizer = torch.optim.AdamW(
        network.parameters(), settings.learning_rate, betas=(0.9, 0.99), weight_decay=settings.weight_decay
    )
    averaged = copy.deepcopy(network).requires_grad_(False)
    about = {"seed": seed, "molecules": len(data), "network": generator.settings.model_dump(mode="json")}
    identity = {**about, **settings.model_dump(mode="json")}
    done = 0
    if checkpoint is not None and (saved := load_checkpoint(checkpoint)) is not None:
        tensors, state = saved
        if state["identity"] != identity:
            raise WeightsError(f"{checkpoint}: a checkpoint of another training; delete it or change the run folder")
        network.load_state_dict(under_prefix("module", tensors))
        averaged.load_state_dict(under_prefix("averaged", tensors))
        restore_optimizer(optimizer, tensors)
        done = state["step"]
    for step in range(done + 1, settings.steps + 1):
        rng = torch.Generator().manual_seed(step_seed(seed, step))
        pace = min(step / max(1, settings.warmup), (settings.steps - step + 1) / settings.steps)
        for group in optimizer.param_groups:
            group["lr"] = settings.learning_rate * pace
        chosen = whole[torch.randint(len(whole), (settings.batch_size,), generator=rng).numpy()]
        with autocast(enabled=settings.bf16):
            loss = -network.log_likelihood(rows[chosen], targets_of(data, chosen)).mean()
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), settings.clip)
        optimizer.step()
        # Young averages follow quickly, so that the first weights are forgotten.
        keep = min(settings.ema, (1 + step) / (10 + step))
        with torch.no_grad():
            for average, current in zip(averaged.parameters(), network.parameters(), strict=True):
                average.lerp_(current, 1 - keep)
        saved_now = None
        if checkpoint is not None and (step % settings.checkpoint_every == 0 or step == settings.steps):
            tensors = {**with_prefix("module", network.state_dict()), **optimizer_tensors(optimizer)}
            tensors |= with_prefix("averaged", averaged.state_dict())
            save_checkpoint(checkpoint, tensors, {"identity": identity, "step": step})
            saved_now = {"step": step}
        if step % settings.report_every == 0 or step == settings.steps or saved_now:
            metrics = {"step": step, "steps": settings.steps, "loss": loss.item(), "coverage": len(whole) / len(data)}
            report(metrics, saved_now)
    network.load_state_dict(averaged.state_dict())


def anchor_loss(generator: OneShotGenerator, graphs: DenseGraphs, targets: Tensor | None) -> Tensor:
    """-log p of real molecules, in nats a molecule, to hold a generator where it was while a critic moves it."""
    rows = torch.from_numpy(generator.rows.vocabulary.encode(graphs))
    whole = (rows >= 0).all(dim=1)
    return -generator.rows.log_likelihood(rows[whole], None if targets is None else targets[whole]).sum() / len(rows)


def targets_of(data: DenseData, rows: np.ndarray) -> Tensor | None:
    """The properties of some molecules [n, names], None where the data has none."""
    return None if data.targets is None else torch.from_numpy(data.targets[rows])
