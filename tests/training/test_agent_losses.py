"""The losses of goal-directed design, by name."""

from typing import get_args

import pytest
import torch

from molgan.training.design.agent_losses import AGENT_LOSSES
from molgan.training.settings import OptimizeSettings

AGENT, ANCHOR, ENERGY = torch.tensor([-1.0, -4.0]), torch.tensor([-2.0, -3.0]), torch.tensor([3.0, 1.0])


def test_settings_offer_the_losses_that_register() -> None:
    assert set(get_args(OptimizeSettings.model_fields["loss"].annotation)) == set(AGENT_LOSSES)


@pytest.mark.parametrize(
    "name, expected",  # residuals log p_agent - log p_anchor - energy: -2 and -2
    [("augmented_likelihood", 4.0), ("log_variance", 0.0), ("trajectory_balance", (0.5 - 2) ** 2)],
)
def test_known_answers(name: str, expected: float) -> None:
    assert AGENT_LOSSES[name](AGENT, ANCHOR, ENERGY, torch.tensor(0.5)).item() == pytest.approx(expected)
