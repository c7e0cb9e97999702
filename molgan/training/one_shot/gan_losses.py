"""The adversarial losses by name: functions of the logits of real [B] and fake [B] molecules, to be minimised.

D = sigmoid(logit) is the critic's probability that a molecule is real.
"""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional as F

from molgan.training.losses import logistic_critic
from molgan.training.registry import GAN_LOSSES as GAN_LOSSES
from molgan.training.registry import gan_loss as gan_loss


@gan_loss("minimax", critic=logistic_critic)
def minimax_generator(real: Tensor, fake: Tensor) -> Tensor:
    """E log(1 - D(fake)): the generator's side of the same game; no gradient is left where the critic is sure."""
    return -F.softplus(fake).mean()


@gan_loss("non_saturating", critic=logistic_critic)
def non_saturating_generator(real: Tensor, fake: Tensor) -> Tensor:
    """-E log D(fake) (Goodfellow et al. 2014, section 3): same optimum, strong gradient where the critic is sure."""
    return F.softplus(-fake).mean()


def wasserstein_critic(real: Tensor, fake: Tensor) -> Tensor:
    """E f(fake) - E f(real) (Arjovsky et al. 2017, equation 2), for a critic held 1-Lipschitz by `gradient_penalty`."""
    return fake.mean() - real.mean()


@gan_loss("wasserstein", critic=wasserstein_critic)
def wasserstein_generator(real: Tensor, fake: Tensor) -> Tensor:
    """-E f(fake)."""
    return -fake.mean()


def hinge_critic(real: Tensor, fake: Tensor) -> Tensor:
    """E max(0, 1 - f(real)) + E max(0, 1 + f(fake)) (Lim & Ye 2017; Miyato et al. 2018, equation 16)."""
    return F.relu(1 - real).mean() + F.relu(1 + fake).mean()


@gan_loss("hinge", critic=hinge_critic)
def hinge_generator(real: Tensor, fake: Tensor) -> Tensor:
    """-E f(fake) (Miyato et al. 2018, equation 17)."""
    return -fake.mean()


def relativistic_critic(real: Tensor, fake: Tensor) -> Tensor:
    """-E log sigmoid(f(real) - f(fake)), real and fake in pairs (Jolicoeur-Martineau 2018; R3GAN, Huang et al. 2024).

    The critic must put each real sample above its fake one, so dropped modes of the data keep a gradient.
    """
    return F.softplus(fake - real).mean()


@gan_loss("relativistic", critic=relativistic_critic)
def relativistic_generator(real: Tensor, fake: Tensor) -> Tensor:
    """-E log sigmoid(f(fake) - f(real)), real and fake in pairs."""
    return F.softplus(real - fake).mean()
