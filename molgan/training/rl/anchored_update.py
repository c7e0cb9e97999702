"""Updates an agent that is anchored to a prior: draws a batch, and moves the agent towards prior · exp(energy)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from molgan.chem.molecule import parse
from molgan.models.precision import autocast
from molgan.models.protocols import Critic, LikelihoodGenerator
from molgan.training.loop import update
from molgan.training.losses import log_variance
from molgan.training.rl.energy import critic_logits
from molgan.training.rl.settings import ReinforceSettings
from molgan.training.settings import AdversarialSettings
from molgan.training.share import Share


@dataclass(frozen=True, slots=True)
class DrawnBatch:
    """A batch: canonical SMILES, actions, log-probabilities under the prior [n], and logits of the critic [n]."""

    smiles: list[str]
    actions: list[tuple[int, ...]]
    prior: np.ndarray
    logits: np.ndarray | None


@dataclass(frozen=True, slots=True)
class Update:
    """Figures of an update: the loss and the sum of log p_agent - log p_prior in nats over the drawn molecules, both
    over all workers, and the norm of the gradient before clipping."""

    loss: float
    log_ratio: float
    gradient_norm: float


def draw_batch(
    agent: LikelihoodGenerator,
    prior: LikelihoodGenerator,
    critic: Critic | None,
    settings: AdversarialSettings | ReinforceSettings,
    *,
    seed: int,
    share: Share,
) -> DrawnBatch:
    """Draw the batch of a step.

    Args:
        agent: The generator that draws.
        prior: The prior, for the log-probabilities.
        critic: The critic, for the logits, if there is one.
        settings: Size of the batch, clip of the logits, precision.
        seed: Seed of the batch.
        share: This worker's part, where several workers train. Each draws its part, and all get the whole batch.
    """
    own = share.of(np.arange(settings.batch_size))
    samples = agent.sample(settings.batch_size, seed=seed, bf16=settings.bf16, only=own)
    smiles, actions = [str(parse(sample.smiles).smiles) for sample in samples], [sample.actions for sample in samples]
    log_prior, logits = judge(smiles, actions, prior, critic, settings)
    return DrawnBatch(
        share.whole(smiles),
        share.whole(actions),
        np.array(share.whole(log_prior.tolist())),
        None if logits is None else np.array(share.whole(logits.tolist())),
    )


def judge(
    smiles: Sequence[str],
    actions: Sequence[tuple[int, ...]],
    prior: LikelihoodGenerator,
    critic: Critic | None,
    settings: AdversarialSettings | ReinforceSettings,
) -> tuple[np.ndarray, np.ndarray | None]:
    """The log-probabilities of molecules under the prior [n], in nats, and the critic's logits [n], None without one.

    Args:
        smiles: Canonical SMILES of the molecules, n of them.
        actions: Their action sequences.
        prior: The prior.
        critic: The critic, if there is one.
        settings: Clip of the logits, precision.
    """
    with torch.no_grad(), autocast(prior.device, enabled=settings.bf16):
        log_prior = prior.log_likelihood(actions).double().cpu().numpy()
    logits = None if critic is None else critic_logits(critic, smiles, settings.logit_clip, bf16=settings.bf16)
    return log_prior, logits


def follow_energy(
    agent: LikelihoodGenerator,
    optimizer: torch.optim.Optimizer,
    actions: Sequence[tuple[int, ...]],
    prior: np.ndarray,
    energy: np.ndarray,
    settings: AdversarialSettings | ReinforceSettings,
    *,
    drawn: int,
    share: Share,
) -> Update:
    """Update the agent once, to lower the variance of log p_agent - log p_prior - energy.

    Args:
        agent: The generator.
        optimizer: Its optimiser.
        actions: Action sequences of the molecules, n of them.
        prior: Their log-probabilities under the prior [n], in nats.
        energy: Their energies [n], in nats.
        settings: Clip of the gradient, precision.
        drawn: How many of the molecules, the first ones, were drawn by the agent itself.
        share: This worker's part of the molecules, where several workers train.
    """
    own = share.of(np.arange(len(actions)))
    with autocast(agent.device, enabled=settings.bf16):
        log_prob: Tensor = agent.log_likelihood([actions[i] for i in own])
    log_prior, wanted = (torch.from_numpy(values[own]).to(log_prob) for values in (prior, energy))
    loss = log_variance(log_prob, log_prior, wanted, share=share, size=len(actions))
    norm = update(optimizer, loss, agent, clip=settings.clip, share=share)
    log_ratio = (log_prob - log_prior)[own < drawn].sum()
    return Update(share.total(loss), share.total(log_ratio), float(norm))
