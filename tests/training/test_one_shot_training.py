"""Training of one-shot generators on a handful of small molecules: learns, resumes, collapses and is cured."""

import copy
from collections.abc import Sequence
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from molgan.base.errors import WeightsError
from molgan.evaluation.settings import CollapseSettings
from molgan.graphs.dense.dense_data import DenseData, flat_smiles
from molgan.graphs.dense.dense_graph import decode, encode
from molgan.models.critics.dense_critic import DenseCritic, DenseRewardNetwork
from molgan.models.one_shot.one_shot_generator import OneShotGenerator
from molgan.models.one_shot.settings import DenseCriticSettings, OneShotSettings, RowSettings
from molgan.models.one_shot.soft_graphs import harden
from molgan.training.one_shot.likelihood import learn_rows
from molgan.training.one_shot.one_shot_training import curriculum_rows, train_oneshot
from molgan.training.one_shot.settings import (
    CurriculumSettings,
    LikelihoodSettings,
    OneShotTrainingSettings,
    RollbackSettings,
)

ROWS = RowSettings(width=48, layers=1, embedding=16)
NETWORK = OneShotSettings(max_atoms=4, atoms=("C", "N", "O"), rows=ROWS)
CRITIC = DenseCriticSettings(kind="flat", width=32, blocks=1, pack=2)


@pytest.fixture(scope="module")
def data() -> DenseData:
    texts = {flat_smiles("".join(atoms)) for n in (2, 3, 4) for atoms in product("CNO", repeat=n)}
    smiles = sorted(text for text in texts if text is not None)
    return DenseData(encode(smiles, max_atoms=4, atoms=NETWORK.atoms), smiles, {})


@pytest.fixture(scope="module")
def pretrained(data: DenseData) -> OneShotGenerator:
    generator = OneShotGenerator(NETWORK)
    steps = LikelihoodSettings(steps=60, batch_size=64, learning_rate=1e-2, warmup=10, bf16=False, ema=0.9)
    learn_rows(generator, data, steps, seed=0)
    return generator


def figures(generator: OneShotGenerator) -> tuple[float, float]:
    """Valid / samples and distinct / valid."""
    valid = [one.smiles for one in generator.sample(200, seed=5) if one.smiles]
    return len(valid) / 200, len(set(valid)) / max(1, len(valid))


def test_a_generator_draws_molecules_before_it_meets_a_critic(pretrained: OneShotGenerator) -> None:
    valid, unique = figures(pretrained)
    assert valid > 0.6
    assert unique > 0.1


def oxygens(smiles: Sequence[str | None]) -> np.ndarray:
    return np.array([str(text).count("O") / 4 for text in smiles])


def settings(**changes: Any) -> OneShotTrainingSettings:
    values = {
        "steps": 12, "batch_size": 16, "loss": "relativistic", "r1": 1.0, "r2": 1.0, "penalty_every": 2,
        "critic_steps": 1, "learning_rate": 1e-3, "ema": 0.9, "checkpoint_every": 5, "report_every": 1,
    }  # fmt: skip
    return OneShotTrainingSettings.model_validate(values | changes)


def train(generator: OneShotGenerator, data: DenseData, wanted: OneShotTrainingSettings, **more: Any) -> Any:
    critic = DenseCritic(NETWORK, CRITIC, seed=1)
    network = DenseRewardNetwork(NETWORK, CRITIC, seed=2)
    return train_oneshot(generator, critic, data, wanted, reward=oxygens, reward_network=network, seed=0, **more)


def test_a_generator_learns_molecules_from_noise_and_covers_them(data: DenseData) -> None:
    network = OneShotSettings(max_atoms=4, atoms=("C", "N", "O"), noise=8, hidden=(64, 64), sample="straight_through")
    generator = OneShotGenerator(network)
    critic = DenseCritic(network, DenseCriticSettings(kind="flat", width=64), seed=1)
    wanted = settings(
        steps=400, batch_size=32, learning_rate=2e-3, critic_learning_rate=2e-3, betas=(0.5, 0.9), report_every=400
    )
    assert figures(generator)[0] < 0.05
    train_oneshot(generator, critic, data, wanted, seed=0)
    valid, unique = figures(generator)
    assert valid > 0.6
    assert unique > 0.25


def test_the_reward_network_bends_the_generator(pretrained: OneShotGenerator, data: DenseData) -> None:
    def mean_reward(generator: OneShotGenerator) -> float:
        return float(oxygens([one.smiles or "" for one in generator.sample(300, seed=5)]).mean())

    generator = copy.deepcopy(pretrained)
    outcome = train(generator, data, settings(steps=120, gan_weight=0.3, reward_from=0.3))
    assert mean_reward(generator) > mean_reward(pretrained) + 0.1
    assert outcome.oracle_calls >= len(data)


def test_a_policy_reaches_the_density_that_its_reward_asks_for(pretrained: OneShotGenerator, data: DenseData) -> None:
    generator = copy.deepcopy(pretrained)
    rows = torch.from_numpy(generator.rows.vocabulary.encode(data.graphs))
    with torch.no_grad():
        wanted = generator.rows.log_likelihood(rows) + 4 * torch.from_numpy(oxygens(data.smiles)).float()
    train(
        generator,
        data,
        settings(
            steps=250, batch_size=128, gan_weight=0.0, reward_from=0, policy={"scale": 4, "prior": 1, "invalid": 5},
            learning_rate=3e-3, decay=True, clip=1, r1=0, r2=0, report_every=250, checkpoint_every=250,
        ),
    )  # fmt: skip
    with torch.no_grad():
        difference = generator.rows.log_likelihood(rows) - wanted
        drawn = harden(generator.rows(500, "straight_through", torch.Generator().manual_seed(0)), data.graphs.atoms)
    in_order = encode([molecule.smiles or "" for molecule in decode(drawn)], max_atoms=drawn.nodes.shape[1])
    assert drawn.same_as(in_order).mean() > 0.97
    likely = wanted > wanted.max() - 3
    assert difference[likely].std() < 0.4
    assert figures(generator)[0] >= figures(pretrained)[0]


def test_a_ceiling_spreads_what_the_reward_draws_together(pretrained: OneShotGenerator, data: DenseData) -> None:
    drawn = {}
    for ceiling in (None, -3.0):
        generator = copy.deepcopy(pretrained)
        policy = {"scale": 12, "prior": 1, "invalid": 8, "enough": 0.8, "ceiling": ceiling}
        train(generator, data, settings(steps=80, batch_size=128, gan_weight=0.0, reward_from=0, policy=policy,
                                        learning_rate=3e-3, clip=1, r1=0, r2=0))  # fmt: skip
        smiles = [molecule.smiles for molecule in generator.sample(500, seed=1)]
        drawn[ceiling] = [text for text in smiles if text is not None]
    commonest = {key: max(each.count(text) for text in each) / len(each) for key, each in drawn.items()}
    assert len(set(drawn[-3.0])) > len(set(drawn[None]))
    assert commonest[-3.0] < 0.7 * commonest[None]


@pytest.mark.parametrize("by_policy", [False, True])
def test_an_interrupted_training_ends_as_an_undisturbed_one(
    pretrained: OneShotGenerator, data: DenseData, tmp_path: Path, by_policy: bool
) -> None:
    policy = {"scale": 5} if by_policy else None
    wanted = settings(
        gan_weight=0.5, policy=policy, diversity={"bucket": 2}, collapse=CollapseSettings(validity=0, uniqueness=0)
    )

    def kill(metrics: dict[str, Any], saved: object) -> None:
        if metrics["step"] == 8:
            raise KeyboardInterrupt

    whole, broken, again = (copy.deepcopy(pretrained) for _ in range(3))
    train(whole, data, wanted)
    with pytest.raises(KeyboardInterrupt):
        train(broken, data, wanted, checkpoint=tmp_path / "c", report=kill)
    steps: list[int] = []
    train(again, data, wanted, checkpoint=tmp_path / "c", report=lambda metrics, _: steps.append(metrics["step"]))
    assert steps == list(range(5, 13))  # the row of the checkpoint is told again
    for a, b in zip(whole.parameters(), again.parameters(), strict=True):
        assert torch.equal(a, b)
    with pytest.raises(WeightsError, match="another training"):
        train(copy.deepcopy(pretrained), data, settings(steps=13), checkpoint=tmp_path / "c")


WATCH = CollapseSettings(
    window=200, interval=50, diversity_sample=20, patience=2,
    validity=0.6, uniqueness=0.12, scaffolds=0, scaffold_entropy=0, diversity=0,
)  # fmt: skip
# Nothing but the reward, and much of it: the shortest way is to draw one molecule.
GREEDY = {
    "steps": 200, "gan_weight": 0.0, "reward_from": 0.0, "balance": False, "learning_rate": 3e-3, "ema": 0,
    "watch_every": 2, "watch_batch": 50, "watch_from": 0.0, "checkpoint_every": 4,
}  # fmt: skip


def test_a_collapse_is_caught_and_cured(pretrained: OneShotGenerator, data: DenseData) -> None:
    collapsed = copy.deepcopy(pretrained)
    train(collapsed, data, settings(**GREEDY))
    assert figures(collapsed)[1] < 0.1

    cured, rows, told = copy.deepcopy(pretrained), [], []
    cure = RollbackSettings(learning_rate=0.05, penalty=1, reward_share=0.0, most=5)
    outcome = train(
        cured, data, settings(**GREEDY, collapse=WATCH, cure=cure),
        report=lambda metrics, _: rows.append(metrics), message=told.append,
    )  # fmt: skip
    assert outcome.stopped is None
    assert outcome.events == told
    assert "collapsing: " in told[0]
    assert "back to step" in told[0]
    assert [row["message"] for row in rows if row.get("event") == "collapse"] == told
    assert figures(cured)[1] > 0.12


def test_too_many_cures_stop_and_leave_the_last_good_generator(pretrained: OneShotGenerator, data: DenseData) -> None:
    generator = copy.deepcopy(pretrained)
    cure = RollbackSettings(learning_rate=1, penalty=1, reward_share=1, most=1)
    outcome = train(generator, data, settings(**GREEDY, collapse=WATCH, cure=cure))
    assert len(outcome.events) == 2
    assert outcome.stopped == outcome.events[-1]
    assert figures(generator)[1] > 0.1


def test_a_divergence_is_caught(pretrained: OneShotGenerator, data: DenseData) -> None:
    watch = CollapseSettings(gradient_norm=1e-9, patience=2, validity=0, uniqueness=0)
    wanted = settings(steps=8, collapse=watch, watch_from=0.0, cure=RollbackSettings(learning_rate=0.01, most=1))
    outcome = train(copy.deepcopy(pretrained), data, wanted)
    assert [event.partition(":")[0] for event in outcome.events] == ["step 2", "step 2"]
    assert "diverging: gradient norm" in str(outcome.stopped)


def test_the_curriculum_starts_with_small_molecules(data: DenseData) -> None:
    wanted = settings(steps=100, curriculum=CurriculumSettings(start=2, until=0.5))
    rows = np.arange(len(data))
    largest = [data.sizes[curriculum_rows(data, rows, step, wanted)].max() for step in (1, 24, 27, 50, 51, 100)]
    assert largest == [2, 2, 3, 3, 4, 4]
