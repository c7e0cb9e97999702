"""Losses that several loops share: functions of logits or of log-probabilities, each [B], to be minimised.

D = sigmoid(logit) is the critic's probability that a molecule is real.
"""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional as F

from molgan.training.share import ALONE, Share


def logistic_critic(real: Tensor, fake: Tensor) -> Tensor:
    """-E log D(real) - E log(1 - D(fake)): the critic's side of the minimax game (Goodfellow et al. 2014, equation 1).

    Its optimum over all functions is the logit log p(real) / p(fake), where the loss is log 4 minus twice the
    Jensen-Shannon divergence; log 4 = 1.386 is the loss of a critic that learns nothing.
    """
    return F.softplus(-real).mean() + F.softplus(fake).mean()


def log_variance(
    agent: Tensor, anchor: Tensor, energy: Tensor, *, share: Share = ALONE, size: int | None = None
) -> Tensor:
    """Half the variance of log p_agent - log p_anchor - energy over a batch of molecules, each [B], in nats.

    It is 0 exactly where p_agent is proportional to p_anchor · exp(energy): the anchored optimum of reinforcement
    learning with a KL penalty, and, with the critic's logit as energy, the data distribution. The batch mean stands
    for the unknown log normaliser (VarGrad, Richter et al. 2020, equation 8), where REINVENT's augmented likelihood
    (Olivecrona et al. 2017) takes it as 0. Samples of any policy will do, so that replayed ones may be added.

    Args:
        agent: Log-probabilities under the agent.
        anchor: Log-probabilities under the anchor.
        energy: Energies in nats.
        share: This worker's part, where several workers train. The mean is over the molecules of all workers, and their
            losses and gradients add up to those of the whole batch.
        size: The number of molecules over all workers; the length of `agent` by default.
    """
    residual = agent - anchor.detach() - energy.detach()
    size = size or len(residual)
    mean = share.total(residual.sum()) / size
    return (residual - mean).square().sum() / size / 2
