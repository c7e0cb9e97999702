import numpy as np
import pytest

from molgan.evaluation.roc import auc
from molgan.training.calibration import calibration_error, fit_temperature, logistic_loss
from molgan.training.losses import logistic_critic


@pytest.fixture
def normal() -> tuple[np.ndarray, np.ndarray]:
    """Exact log density ratios, x, of 20,000 draws each from N(+.5, 1) and N(-.5, 1)."""
    rng = np.random.default_rng(0)
    return rng.normal(0.5, 1, 20_000), rng.normal(-0.5, 1, 20_000)


def test_auc_counts_pairs_in_order_and_half_of_the_ties():
    assert auc(np.array([3.0, 1.0]), np.array([2.0, 1.0])) == pytest.approx((2 + 0.5) / 4)
    assert auc(np.array([2.0]), np.array([1.0, 0.0])) == 1


def test_auc_of_two_normals(normal):
    assert auc(*normal) == pytest.approx(0.7602, abs=0.01)  # Φ(1 / √2)


def test_exact_log_ratios_are_calibrated_and_sharpened_ones_are_not(normal):
    real, fake = normal
    assert calibration_error(real, fake) < 0.01
    assert calibration_error(3 * real, 3 * fake) > 0.1
    assert fit_temperature(real, fake) == pytest.approx(1, abs=0.05)
    assert fit_temperature(3 * real, 3 * fake) == pytest.approx(3, abs=0.15)


def test_calibration_error_of_four_molecules():
    real, fake = np.log([3.0, 3.0]), np.log([3.0, 1 / 3])  # D = .75, .75 and .75, .25
    assert calibration_error(real, fake, bins=2) == pytest.approx((abs(0.5 - 0.5) * 2 + abs(0.75 - 1) * 2) / 4)


def test_the_loss_is_the_one_trained_on(normal):
    import torch

    real, fake = normal
    assert logistic_loss(real, fake) == pytest.approx(logistic_critic(torch.tensor(real), torch.tensor(fake)).item())
