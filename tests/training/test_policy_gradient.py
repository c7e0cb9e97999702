"""How a one-shot generator follows a reward."""

import torch

from molgan.training.one_shot.policy_gradient import below_ceiling


def test_a_nat_above_the_ceiling_costs_four() -> None:
    assert below_ceiling(torch.tensor([-5.0, -3.0, -2.0]), -3.0).tolist() == [-5.0, -3.0, 1.0]
