"""Differentially private transfer learning on known actives."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch

from molgan.base.errors import ConfigError
from molgan.models.protocols import MotifTreeGenerator
from molgan.training.design.settings import TransferSettings
from molgan.training.domains.adaptation import choose_batch
from molgan.training.domains.domain_molecules import read_domain
from molgan.training.loop import take_step
from molgan.training.private.accountant import PrivacyPlan, plan_privacy
from molgan.training.private.noise import KeyedNoise
from molgan.training.private.private_gradients import PrivateGradients
from molgan.training.private.private_training import list_losses
from molgan.training.report import Report, silent


def transfer_privately(
    generator: MotifTreeGenerator,
    actives: Sequence[str],
    settings: TransferSettings,
    *,
    seed: int,
    key: bytes,
    report: Report = silent,
) -> PrivacyPlan:
    """Fine-tune `generator` in place by likelihood on `actives`, (epsilon, delta)-differentially private.

    Departs from `adapt` where that depends on the actives: none is held out and training does not stop early, so
    that `settings.epochs` are passed; each active is encoded in its canonical form; one with more atoms than the
    generator draws does not count. `settings.clip`, `patience`, `folds` and `method` do not apply.

    Args:
        generator: The generator, which has not seen the actives.
        actives: SMILES of known actives.
        settings: Settings of the training, `private` among them.
        seed: Seed of the random numbers.
        key: What they depend on besides, and others do not know.
        report: Takes the loss of each epoch and the epsilon spent so far.

    Returns:
        What the training has spent.

    Raises:
        ConfigError: The budget cannot be met, or Opacus is not installed.
        InputError: Fewer than five distinct actives can be encoded.
    """
    if settings.private is None:
        raise ConfigError("transfer: has no budget; give `private`")
    known = read_domain(generator, actives).molecules
    sequences = [each.actions for each in known]
    plan = plan_transfer(settings, len(known))
    noise = KeyedNoise(key, seed)
    gradients = PrivateGradients(
        noise, clip=settings.private.clip, multiplier=plan.noise, expected=plan.rate * len(known)
    )
    optimizer = torch.optim.AdamW(generator.parameters(), settings.learning_rate, weight_decay=settings.weight_decay)
    an_epoch = plan.steps // settings.epochs
    generator.train()
    for epoch in range(1, settings.epochs + 1):
        losses = []
        for step in range((epoch - 1) * an_epoch + 1, epoch * an_epoch + 1):
            rows = noise.choose(len(known), plan.rate, step)
            walks = generator.walk([sequences[i] for i in rows])
            losses.append(float(gradients(generator, list_losses(generator, walks), step)))
            take_step(optimizer, generator, clip=math.inf)
        spent = plan.spend(epoch * an_epoch)
        report({"step": epoch, "steps": settings.epochs, "loss": sum(losses) / len(losses), "epsilon": spent}, None)
    generator.eval()
    return plan


def plan_transfer(settings: TransferSettings, actives: int) -> PrivacyPlan:
    """What transfer learning on so many actives spends. Raises ConfigError, one line with the mend, where the budget
    cannot be met."""
    assert settings.private is not None
    batch = min(settings.batch_size or choose_batch(actives), actives)
    return plan_privacy(
        settings.private,
        molecules=actives,
        batch=batch,
        steps=settings.epochs * max(1, round(actives / batch)),
        batch_name="transfer.batch_size",
        length="transfer.epochs",
    )
