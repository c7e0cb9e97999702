"""Likelihood training of a generator that draws atom by atom."""

from __future__ import annotations

import copy
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from molgan.base.errors import InputError
from molgan.base.stopping import leave_if_asked
from molgan.graphs.dense.dense_data import DenseData
from molgan.graphs.dense.dense_graph import DenseGraphs
from molgan.models.one_shot.one_shot_generator import OneShotGenerator
from molgan.models.precision import autocast
from molgan.training.loop import is_due, resume, save, step_seed, update, update_average, warm_up_and_decay
from molgan.training.one_shot.settings import LikelihoodSettings
from molgan.training.report import Report, report_again, silent


def learn_rows(
    generator: OneShotGenerator,
    data: DenseData,
    settings: LikelihoodSettings,
    *,
    seed: int,
    checkpoint: Path | None = None,
    report: Report = silent,
) -> None:
    """Maximise the likelihood of the molecules, in place; the generator gets the moving average of the weights.

    Args:
        generator: A generator with `rows`.
        data: The molecules; those that cannot be written as rows are left out.
        settings: Settings of the training.
        seed: Seed of the random numbers.
        checkpoint: The folder from which the loop resumes exactly.
        report: Takes the loss in nats a molecule, and the share of the molecules that can be written as rows.

    Raises:
        InputError: No molecule can be written as rows.
        WeightsError: The checkpoint belongs to another training.
    """
    network = generator.rows
    encoded = network.vocabulary.encode(data.graphs)
    whole = np.flatnonzero((encoded >= 0).all(axis=1))
    if not len(whole):
        raise InputError("no molecule of the data has its atoms in an order in which each is bonded to an earlier one")
    rows = torch.from_numpy(encoded)
    optimizer = torch.optim.AdamW(
        network.parameters(), settings.learning_rate, betas=(0.9, 0.99), weight_decay=settings.weight_decay
    )
    averaged = copy.deepcopy(network).requires_grad_(False)
    about = {"seed": seed, "molecules": len(data), "network": generator.settings.model_dump(mode="json")}
    identity = {**about, **settings.model_dump(mode="json")}
    modules = {"module": network, "averaged": averaged}
    state = resume(checkpoint, modules, optimizer, identity)
    done, steps = state["step"] if state else 0, settings.steps
    report_again(report, state or {})
    schedule = warm_up_and_decay(optimizer, warmup=settings.warmup, decay=steps, steps=steps, done=done)
    for step in range(done + 1, steps + 1):
        rng = torch.Generator().manual_seed(step_seed(seed, step))
        chosen = whole[torch.randint(len(whole), (settings.batch_size,), generator=rng).numpy()]
        with autocast(enabled=settings.bf16):
            loss = -network.log_likelihood(rows[chosen], targets_of(data, chosen)).mean()
        update(optimizer, loss, network, clip=settings.clip)
        schedule.step()
        update_average(averaged, network, decay=settings.ema, step=step)
        saves = checkpoint is not None and is_due(step, steps, settings.checkpoint_every)
        if is_due(step, steps, settings.report_every) or saves:
            metrics = {"step": step, "steps": steps, "loss": loss.item(), "coverage": len(whole) / len(data)}
            if checkpoint is not None and saves:
                save(checkpoint, modules, optimizer, {"identity": identity, "step": step, "reported": metrics})
            report(metrics, {"step": step} if saves else None)
        if checkpoint is not None:
            leave_if_asked(partial(save, checkpoint, modules, optimizer, {"identity": identity, "step": step}))
    network.load_state_dict(averaged.state_dict())


def anchor_loss(generator: OneShotGenerator, graphs: DenseGraphs, targets: Tensor | None) -> Tensor:
    """-log p of real molecules, in nats a molecule, which anchors a generator while a critic moves it."""
    rows = torch.from_numpy(generator.rows.vocabulary.encode(graphs))
    whole = (rows >= 0).all(dim=1)
    return -generator.rows.log_likelihood(rows[whole], None if targets is None else targets[whole]).sum() / len(rows)


def targets_of(data: DenseData, rows: np.ndarray) -> Tensor | None:
    """The target properties of molecules [n, names], None where the data has none."""
    return None if data.targets is None else torch.from_numpy(data.targets[rows])
