"""Targets of conditional generators, and the critic that sees them by projection."""

import numpy as np
import pytest
import torch

from molgan.base.errors import InputError
from molgan.graphs.dense.dense_graph import encode
from molgan.models.critics.dense_critic import DenseCritic, DenseRewardNetwork
from molgan.models.one_shot.one_shot_generator import OneShotGenerator
from molgan.models.one_shot.settings import DenseCriticSettings, OneShotSettings
from molgan.models.one_shot.soft_graphs import one_hot
from molgan.models.one_shot.targets import Targets

SETTINGS = OneShotSettings(max_atoms=3, hidden=(8,), condition=("logp", "qed"))


@pytest.fixture
def targets() -> Targets:
    targets = Targets(("logp", "qed"))
    targets.learn(np.column_stack([np.linspace(-2, 6, 500), np.linspace(0.1, 0.5, 500)]))
    return targets


def test_values_are_told_in_standard_deviations(targets: Targets) -> None:
    values = np.random.default_rng(0).normal([2, 0.4], [3, 0.1], (400, 2))
    standard = targets.learn(values)
    assert np.allclose(standard.mean(0), 0, atol=1e-4)
    assert np.allclose(standard.std(0), 1, atol=1e-4)


def test_what_is_not_wanted_goes_with_what_is(targets: Targets) -> None:
    rng = torch.Generator().manual_seed(0)
    drawn = targets.draw(1000, {}, rng) * targets.scale + targets.mean
    assert drawn[:, 0].std() == pytest.approx(2.3, abs=0.3)
    aimed = targets.draw(50, {"logp": 4.0}, rng) * targets.scale + targets.mean
    assert torch.allclose(aimed[:, 0], torch.tensor(4.0), atol=1e-4)
    assert torch.allclose(aimed[:, 1], torch.tensor(0.4), atol=0.02)


@pytest.mark.parametrize(
    ("wanted", "told"),
    [
        ({"logq": 2.0}, "no target 'logq', did you mean 'logp'\\?"),
        ({"tpsa": 60}, "no target 'tpsa': the weights have the targets logp, qed"),
        ({"qed": float("nan")}, "target qed: nan is not a finite number"),
        ({"qed": "high"}, "target qed: 'high' is not a finite number"),
    ],
)
def test_what_cannot_be_aimed_at_is_refused(wanted: dict[str, float], told: str) -> None:
    with pytest.raises(InputError, match=told):
        OneShotGenerator(SETTINGS).check_targets(wanted)


@pytest.mark.parametrize(
    ("values", "told"), [(np.empty((0, 2)), "no molecule"), (np.array([[1.0, 0.5], [2.0, 0.5]]), "qed is the same")]
)
def test_data_without_a_spread_is_refused(targets: Targets, values: np.ndarray, told: str) -> None:
    with pytest.raises(InputError, match=told):
        targets.learn(values)


def test_the_critic_is_quadratic_in_the_targets() -> None:
    graphs = one_hot(encode(["CCO", "CN"], max_atoms=3), np.arange(2))
    y = torch.randn(2, 2, generator=torch.Generator().manual_seed(0))
    for kind in ("relational", "flat", "both"):
        settings = DenseCriticSettings(kind=kind, width=16, blocks=1)
        critic = DenseCritic(SETTINGS, settings)
        with torch.no_grad():
            at = [critic(*graphs, k * y) for k in range(4)]
            assert torch.allclose(at[3] - 3 * at[2] + 3 * at[1], at[0], atol=1e-4)
            assert not torch.allclose(at[1], at[0])
            assert DenseRewardNetwork(SETTINGS, settings)(*graphs).shape == (2,)
        with pytest.raises(ValueError, match="needs 2 targets"):
            critic(*graphs)


def test_weights_without_targets_cannot_aim() -> None:
    with pytest.raises(InputError, match="no target 'logp'"):
        OneShotGenerator(OneShotSettings(max_atoms=3, hidden=(8,))).sample(2, seed=0, targets={"logp": 1})
