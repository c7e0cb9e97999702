"""The loop of likelihood training, whatever a batch is learned from."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from molgan.base.stopping import leave_if_asked
from molgan.models.protocols import LikelihoodGenerator, Network
from molgan.training.loop import add_gradients, is_due, resume, save, take_step, warm_up_and_decay
from molgan.training.prior.settings import LessonSettings
from molgan.training.report import Report, report_again
from molgan.training.settings import PretrainSettings
from molgan.training.share import Share

Batch = tuple[int, Sequence[Callable[[], Tensor]]]
"""The molecules of a batch, and the parts of its loss, in nats a molecule."""

Gradients = Callable[[Network, Sequence[Callable[[], Tensor]], int], Tensor]
"""Sets the gradients of a network from the parts of the loss at a step; returns the loss."""


def sum_gradients(network: Network, parts: Sequence[Callable[[], Tensor]], step: int) -> Tensor:
    """The gradients of the sum of the parts."""
    return add_gradients(network, parts)


def maximise_likelihood(
    generator: LikelihoodGenerator,
    optimizer: torch.optim.Optimizer,
    batches: Callable[[int], Iterator[Batch]],
    settings: PretrainSettings | LessonSettings,
    *,
    steps: int,
    identity: Mapping[str, Any],
    checkpoint: Path | None,
    report: Report,
    share: Share,
    gradients: Gradients = sum_gradients,
    clip: float | None = None,
) -> None:
    """Train the generator in place for `steps` updates; the learning rate warms up, stays, and falls to 0.

    Args:
        generator: The generator.
        optimizer: Of the generator's parameters.
        batches: The batches after a step.
        settings: Warm-up, decay, clipping, and how often to report and to save.
        steps: Updates in all.
        identity: What a checkpoint must have been made with.
        checkpoint: The folder from which the loop resumes exactly.
        report: Takes loss (nats a molecule), learning rate and molecules a second.
        share: This worker's part of every batch.
        gradients: Sets the gradients of a step.
        clip: Largest norm of the gradient of a step, by default that of the settings.

    Raises:
        WeightsError: The checkpoint belongs to another training.
    """
    state = resume(checkpoint, {"generator": generator}, optimizer, identity)
    done = state["step"] if state else 0
    report_again(report, state or {})
    decay = round(settings.decay * (steps - settings.warmup))
    schedule = warm_up_and_decay(optimizer, warmup=settings.warmup, decay=decay, steps=steps, done=done)

    generator.train()
    clock, molecules = time.perf_counter(), 0
    for step, (size, parts) in enumerate(batches(done), start=done + 1):
        loss = gradients(generator, parts, step)
        learning_rate = schedule.get_last_lr()[0]
        take_step(optimizer, generator, clip=settings.clip if clip is None else clip, share=share)
        schedule.step()

        molecules += size
        saves = checkpoint is not None and is_due(step, steps, settings.checkpoint_every)
        if is_due(step, steps, settings.report_every) or saves:
            speed = molecules / (time.perf_counter() - clock)
            clock, molecules = time.perf_counter(), 0
            metrics = {"step": step, "steps": steps, "loss": share.total(loss), "learning_rate": learning_rate}
            metrics["molecules_per_second"] = speed
            if checkpoint is not None and saves:
                state = {"identity": identity, "step": step, "reported": metrics}
                save(checkpoint, {"generator": generator}, optimizer, state, share)
            report(metrics, {"step": step} if saves else None)
        if checkpoint is not None:
            at = {"identity": identity, "step": step}
            leave_if_asked(partial(save, checkpoint, {"generator": generator}, optimizer, at, share))
    generator.eval()
