"""Losses as pure functions, minimised: of a critic's logits, real [B] and fake [B], and of log-probabilities [B].

D = sigmoid(logit) is the critic's probability that a molecule is real.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from molgan.training.share import ALONE, Share


def logistic_critic(real: Tensor, fake: Tensor) -> Tensor:
    """-E log D(real) - E log(1 - D(fake)): the critic's side of the minimax game (Goodfellow et al. 2014, equation 1).

    Its optimum over all functions is the logit log p(real) / p(fake), where the loss is log 4 minus twice the
    Jensen-Shannon divergence; log 4 = 1.386 is what a critic loses that learns nothing.
    """
    return F.softplus(-real).mean() + F.softplus(fake).mean()


def minimax_generator(fake: Tensor) -> Tensor:
    """E log(1 - D(fake)): the generator's side of the same game; no gradient is left where the critic is sure."""
    return -F.softplus(fake).mean()


def non_saturating_generator(fake: Tensor) -> Tensor:
    """-E log D(fake) (Goodfellow et al. 2014, section 3): same optimum, strong gradient where the critic is sure."""
    return F.softplus(-fake).mean()


def wasserstein_critic(real: Tensor, fake: Tensor) -> Tensor:
    """E f(fake) - E f(real) (Arjovsky et al. 2017, equation 2), for a critic held 1-Lipschitz by `gradient_penalty`."""
    return fake.mean() - real.mean()


def wasserstein_generator(fake: Tensor) -> Tensor:
    """-E f(fake)."""
    return -fake.mean()


def gradient_penalty(
    critic: Callable[..., Tensor],
    real: Sequence[Tensor],
    fake: Sequence[Tensor],
    generator: torch.Generator | None = None,
) -> Tensor:
    """E (‖∇f(x̂)‖₂ - 1)², x̂ uniform on the line between a real and a fake sample (Gulrajani et al. 2017, equation 3).

    `real` and `fake` are the critic's inputs, each tensor [B, ...]: for dense graphs nodes and bonds. One x̂ and one
    norm over all inputs for each sample. Discrete graphs have no line between them: for dense, soft graphs only.
    """
    share = torch.rand(len(real[0]), generator=generator, device=real[0].device, dtype=real[0].dtype)
    between = [
        torch.lerp(f.detach(), r.detach(), share.view(-1, *[1] * (r.dim() - 1))).requires_grad_()
        for r, f in zip(real, fake, strict=True)
    ]
    gradients = torch.autograd.grad(critic(*between).sum(), between, create_graph=True)
    norm = torch.cat([gradient.flatten(1) for gradient in gradients], dim=1).norm(dim=1)
    return (norm - 1).square().mean()


def zero_centred_penalty(critic: Callable[..., Tensor], samples: Sequence[Tensor]) -> Tensor:
    """E ‖∇f(x)‖² / 2 at samples of one kind: R1 at real ones, R2 at fake ones (Mescheder et al. 2018, equation 9).

    R3GAN (Huang et al. 2024) adds both, each times gamma. `samples` are the critic's inputs, each tensor [B, ...]; one
    norm over all inputs for each sample.
    """
    inputs = [sample.detach().requires_grad_() for sample in samples]
    gradients = torch.autograd.grad(critic(*inputs).sum(), inputs, create_graph=True)
    return sum((g.square().flatten(1).sum(1) for g in gradients), torch.zeros(())).mean() / 2


def hinge_critic(real: Tensor, fake: Tensor) -> Tensor:
    """E max(0, 1 - f(real)) + E max(0, 1 + f(fake)) (Lim & Ye 2017; Miyato et al. 2018, equation 16)."""
    return F.relu(1 - real).mean() + F.relu(1 + fake).mean()


def hinge_generator(fake: Tensor) -> Tensor:
    """-E f(fake) (Miyato et al. 2018, equation 17)."""
    return -fake.mean()


def relativistic_critic(real: Tensor, fake: Tensor) -> Tensor:
    """-E log sigmoid(f(real) - f(fake)), real and fake in pairs (Jolicoeur-Martineau 2018; R3GAN, Huang et al. 2024).

    The critic must put each real sample above its fake one, so dropped modes of the data keep a gradient.
    """
    return F.softplus(fake - real).mean()


def relativistic_generator(real: Tensor, fake: Tensor) -> Tensor:
    """-E log sigmoid(f(fake) - f(real)), real and fake in pairs."""
    return F.softplus(real - fake).mean()


def log_variance(
    agent: Tensor, anchor: Tensor, energy: Tensor, *, share: Share = ALONE, size: int | None = None
) -> Tensor:
    """Half the variance of log p_agent - log p_anchor - energy over a batch of molecules, each [B], in nats.

    It is 0 exactly where p_agent is proportional to p_anchor · exp(energy): the anchored optimum of reinforcement
    learning with a KL penalty, and, with the critic's logit as energy, the data distribution. The batch mean stands
    for the unknown log normaliser (VarGrad, Richter et al. 2020, equation 8), where REINVENT's augmented likelihood
    (Olivecrona et al. 2017) takes it as 0. Any samples will do, so that replayed ones may join.

    With a `share` the batch is of `size` molecules over all workers and the mean is theirs; what they give adds up to
    the loss of the whole, and so do the gradients.
    """
    residual = agent - anchor.detach() - energy.detach()
    size = size or len(residual)
    mean = share.total(residual.sum()) / size
    return (residual - mean).square().sum() / size / 2


def below_ceiling(log_probability: Tensor, ceiling: float, slope: float = 3.0) -> Tensor:
    """Log-probabilities [B] in nats, what is above `ceiling` counting 1 + `slope` times.

    In `log_variance` for the agent's own: to stand one nat above the ceiling a molecule must earn 1 + slope nats more.
    Repeats come from what is likeliest, and exp(scale · reward) alone does not heed them: of n draws a share
    of n / 2 times the sum of squared probabilities repeats another, as long as that is small.
    """
    return log_probability + slope * F.relu(log_probability - ceiling)


def augmented_likelihood(agent: Tensor, anchor: Tensor, energy: Tensor) -> Tensor:
    """Mean of (log p_anchor + energy - log p_agent)² over molecules, each [B], in nats (Olivecrona et al. 2017, eq. 4).

    `log_variance` with a log normaliser of 0: where energies are large it pulls all rewarded molecules up.
    """
    return (anchor.detach() + energy.detach() - agent).square().mean()


def trajectory_balance(agent: Tensor, anchor: Tensor, energy: Tensor, log_normaliser: Tensor) -> Tensor:
    """Mean of (log Z + log p_agent - log p_anchor - energy)², `log_normaliser` a learned scalar (Malkin et al. 2022,
    equation 14, for sequences, whose backward policy is 1; anchored as in Kim et al. 2024, "Genetic-guided GFlowNets").
    """
    return (log_normaliser + agent - anchor.detach() - energy.detach()).square().mean()
