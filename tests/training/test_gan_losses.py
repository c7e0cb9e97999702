"""Adversarial losses on one-dimensional normal distributions, where the best critic is known."""

from typing import get_args

import pytest
import torch
from torch import Tensor

from molgan.training.one_shot.gan_losses import GAN_LOSSES
from molgan.training.one_shot.gradient_penalties import gradient_penalty, zero_centred_penalty
from molgan.training.one_shot.settings import OneShotTrainingSettings

RNG = torch.Generator().manual_seed(0)
# Antithetic draws of N(1, 1) and N(-1, 1), so that means are exact.
_HALF = torch.randn(20_000, generator=RNG)
REAL = torch.cat([_HALF, -_HALF]) + 1
FAKE = torch.cat([-_HALF, _HALF])[torch.randperm(40_000, generator=RNG)] - 1


def best_slope(loss: str, penalty: str = "") -> float:
    """The slope a of the critic f(x) = a x + b with the least loss."""
    weights = torch.zeros(2, requires_grad=True)

    def critic(x: Tensor) -> Tensor:
        return weights[0] * x + weights[1]

    optimizer = torch.optim.LBFGS([weights], max_iter=100, line_search_fn="strong_wolfe")

    def closure() -> Tensor:
        optimizer.zero_grad()
        total = GAN_LOSSES[loss].critic(critic(REAL), critic(FAKE))
        if penalty == "gradient":
            total = total + 10 * gradient_penalty(
                critic, [REAL[:, None]], [FAKE[:, None]], torch.Generator().manual_seed(0)
            )
        if penalty == "r1 and r2":
            total = total + 2 * zero_centred_penalty(critic, [REAL[:, None]])
            total = total + 2 * zero_centred_penalty(critic, [FAKE[:, None]])
        total.backward()
        return total

    with torch.no_grad():
        weights[0] = 0.5  # the norm of a gradient has none of its own at 0
    optimizer.step(closure)
    return weights[0].item()


def test_settings_offer_the_losses_that_register() -> None:
    assert set(get_args(OneShotTrainingSettings.model_fields["loss"].annotation)) == set(GAN_LOSSES)


@pytest.mark.parametrize("loss", ["minimax", "non_saturating", "relativistic"])
def test_the_best_logistic_critic_is_the_log_ratio_of_the_densities(loss: str) -> None:
    # log N(x; 1, 1) / N(x; -1, 1) = 2 x, and of a pair against the pair exchanged 2 (x_real - x_fake)
    assert best_slope(loss) == pytest.approx(2, abs=0.05)


def test_the_gradient_penalty_holds_a_wasserstein_critic_near_slope_1() -> None:
    # least of -2 a + 10 (a - 1)²
    assert best_slope("wasserstein", "gradient") == pytest.approx(1.1, abs=1e-3)


def test_r1_and_r2_bound_a_critic() -> None:
    # least of -2 a + 2 · a² / 2 + 2 · a² / 2
    assert best_slope("wasserstein", "r1 and r2") == pytest.approx(0.5, abs=1e-3)


def test_r1_is_half_the_square_of_the_gradient_over_all_inputs() -> None:
    nodes, bonds = torch.rand(5, 3, 2), torch.rand(5, 3, 3, 1)
    penalty = zero_centred_penalty(lambda x, a: 2 * x.flatten(1).sum(1) + a.flatten(1).sum(1), (nodes, bonds))
    assert penalty.item() == pytest.approx((4 * 6 + 9) / 2, rel=1e-5)


def test_hinge_is_zero_where_a_critic_separates_by_a_margin_of_1() -> None:
    loss = GAN_LOSSES["hinge"].critic
    assert loss(torch.tensor([1.0, 3.0]), torch.tensor([-1.0, -2.0])).item() == 0
    assert loss(torch.tensor([0.5]), torch.tensor([-1.0])).item() == 0.5


@pytest.mark.parametrize("loss", GAN_LOSSES)
def test_a_generator_moves_towards_the_data(loss: str) -> None:
    shift = torch.zeros((), requires_grad=True)
    critic = GAN_LOSSES[loss].generator(2 * REAL, 2 * (FAKE + shift))
    assert torch.autograd.grad(critic, shift)[0].item() < -1e-3


def test_minimax_gives_no_gradient_where_the_critic_is_sure_and_non_saturating_does() -> None:
    gradients = {}
    for loss in ("minimax", "non_saturating"):
        fake = torch.tensor([-12.0], requires_grad=True)
        (gradients[loss],) = torch.autograd.grad(GAN_LOSSES[loss].generator(torch.tensor([12.0]), fake), fake)
    assert abs(gradients["minimax"].item()) < 1e-4 < 0.99 < abs(gradients["non_saturating"].item())
