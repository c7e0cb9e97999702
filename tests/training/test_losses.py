import math

import pytest
import torch

from molgan.training import losses
from molgan.training.one_shot import gan_losses
from molgan.training.one_shot.gradient_penalties import gradient_penalty

REAL, FAKE = torch.tensor([2.0, -1.0]), torch.tensor([0.5, -3.0])


def log_sigmoid(x: float) -> float:
    return -math.log(1 + math.exp(-x))


@pytest.mark.parametrize(
    "loss, expected",
    [
        (
            losses.logistic_critic(REAL, FAKE),
            -(log_sigmoid(2) + log_sigmoid(-1)) / 2 - (log_sigmoid(-0.5) + log_sigmoid(3)) / 2,
        ),
        (losses.logistic_critic(torch.zeros(3), torch.zeros(3)), math.log(4)),
        (gan_losses.minimax_generator(REAL, FAKE), (log_sigmoid(-0.5) + log_sigmoid(3)) / 2),
        (gan_losses.non_saturating_generator(REAL, FAKE), -(log_sigmoid(0.5) + log_sigmoid(-3)) / 2),
        (gan_losses.wasserstein_critic(REAL, FAKE), -1.25 - 0.5),
        (gan_losses.wasserstein_generator(REAL, FAKE), 1.25),
        (gan_losses.hinge_critic(REAL, FAKE), (0 + 2) / 2 + (1.5 + 0) / 2),
        (gan_losses.hinge_generator(REAL, FAKE), 1.25),
        (gan_losses.relativistic_critic(REAL, FAKE), -(log_sigmoid(1.5) + log_sigmoid(2)) / 2),
        (gan_losses.relativistic_generator(REAL, FAKE), -(log_sigmoid(-1.5) + log_sigmoid(-2)) / 2),
    ],
)
def test_known_answers(loss, expected):
    assert loss.item() == pytest.approx(expected, abs=1e-6)


def test_the_optimal_logistic_critic_is_the_log_ratio_of_densities():
    real, fake = torch.tensor([0.7, 0.2, 0.1]), torch.tensor([0.2, 0.3, 0.5])
    logits = (real / fake).log().requires_grad_()
    draws = 1000
    loss = losses.logistic_critic(
        logits.repeat_interleave((real * draws).round().long()), logits.repeat_interleave((fake * draws).round().long())
    )
    (gradient,) = torch.autograd.grad(loss, logits)
    assert gradient.abs().max() < 1e-6


def test_gradient_penalty_of_a_linear_critic_is_that_of_its_slope():
    nodes, bonds = torch.rand(5, 3, 2), torch.rand(5, 3, 3, 1)

    def critic(x: torch.Tensor, a: torch.Tensor) -> torch.Tensor:
        return 2 * x.flatten(1).sum(1) + a.flatten(1).sum(1)  # slope 2 in 6 places and 1 in 9

    penalty = gradient_penalty(critic, (nodes, bonds), (nodes.flip(0), bonds.flip(0)))
    assert penalty.item() == pytest.approx((math.sqrt(4 * 6 + 9) - 1) ** 2, rel=1e-5)


def test_gradient_penalty_looks_between_real_and_fake_and_trains_the_critic():
    seen = []
    weight = torch.tensor(3.0, requires_grad=True)

    def critic(x: torch.Tensor) -> torch.Tensor:
        seen.append(x.detach().clone())
        return weight * x.sum(1)

    real, fake = torch.ones(64, 1), torch.zeros(64, 1)
    penalty = gradient_penalty(critic, [real], [fake], torch.Generator().manual_seed(0))
    assert 0 <= seen[0].min() < 0.2 < 0.8 < seen[0].max() <= 1
    assert torch.autograd.grad(penalty, weight)[0].item() == pytest.approx(2 * (3 - 1))
