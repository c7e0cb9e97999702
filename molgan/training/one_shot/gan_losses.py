"""The adversarial losses by name, each a pair of pure functions; see `training/losses.py` for their sources."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from torch import Tensor

from molgan.training import losses


class GanLoss(NamedTuple):
    """Both take the critic's logits of real and of fake samples, each [B], and give a scalar to be minimised."""

    critic: Callable[[Tensor, Tensor], Tensor]
    generator: Callable[[Tensor, Tensor], Tensor]


GAN_LOSSES: dict[str, GanLoss] = {
    "minimax": GanLoss(losses.logistic_critic, lambda real, fake: losses.minimax_generator(fake)),
    "non_saturating": GanLoss(losses.logistic_critic, lambda real, fake: losses.non_saturating_generator(fake)),
    "wasserstein": GanLoss(losses.wasserstein_critic, lambda real, fake: losses.wasserstein_generator(fake)),
    "hinge": GanLoss(losses.hinge_critic, lambda real, fake: losses.hinge_generator(fake)),
    "relativistic": GanLoss(losses.relativistic_critic, losses.relativistic_generator),
}
