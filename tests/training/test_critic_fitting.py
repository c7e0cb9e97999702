import numpy as np
import pytest

from molgan.base.errors import InputError
from molgan.graphs.features.featurizer import featurize_all
from molgan.models.critics.discriminator import Discriminator
from molgan.models.settings import DiscriminatorSettings
from molgan.training.critic_fitting import acceptance, train_critic
from molgan.training.settings import CriticSettings

SMALL = DiscriminatorSettings(width=16, layers=2, readout=16)
QUICK = CriticSettings(epochs=8, batch_size=32, learning_rate=3e-3, evaluate_every=10)


def alkanes(middle: str, count: int = 100):
    """Chains of carbon with `middle` somewhere inside."""
    return featurize_all([f"{'C' * (1 + n % 10)}{middle}{'C' * (1 + n // 10)}" for n in range(count)])


def test_the_critic_tells_ethers_from_amines():
    steps = []
    critic = Discriminator(SMALL, seed=0)
    report = train_critic(
        critic, alkanes("O"), alkanes("N"), QUICK, seed=0, report=lambda metrics, _: steps.append(metrics["step"])
    )
    assert report.accuracy == 1 and report.auc == 1 and report.loss < 0.1
    assert steps == sorted(steps) and steps[-1] == report.steps
    assert (critic.score(["CCOCC", "CCNCC"]) > 0).tolist() == [True, False]


def test_nothing_is_told_where_both_sides_are_alike():
    rng = np.random.default_rng(0)
    both = alkanes("O")
    real, fake = (both.select(rng.integers(0, 100, 1000)) for _ in "ab")
    report = train_critic(Discriminator(SMALL, seed=0), real, fake, QUICK.model_copy(update={"epochs": 2}), seed=0)
    assert report.accuracy == pytest.approx(0.5, abs=0.08)
    assert report.loss == pytest.approx(np.log(4), abs=0.03)
    assert report.mean_ratio == pytest.approx(1, abs=0.1)


def test_counts_reconcile_and_failures_are_left_out():
    real = featurize_all(["CO" + "C" * n for n in range(40)] + ["C1CC"])
    fake = featurize_all([None, *("CN" + "C" * n for n in range(30))])
    settings = QUICK.model_copy(update={"epochs": 1, "held_out": 0.2})
    report = train_critic(Discriminator(SMALL, seed=0), real, fake, settings, seed=0)
    assert (report.real, report.fake, report.held_out, report.failed) == (32, 24, 14, 2)
    assert report.real + report.fake + report.held_out + report.failed == len(real) + len(fake)


def test_training_stops_when_it_gains_no_more_and_keeps_the_best_weights():
    settings = QUICK.model_copy(update={"epochs": 500, "patience": 2, "evaluate_every": 5})
    losses = []
    both = alkanes("O")
    critic = Discriminator(SMALL, seed=0)
    report = train_critic(
        critic, both, both, settings, seed=0, report=lambda metrics, _: losses.append(metrics["loss"])
    )
    assert report.steps == report.best_step + 10 < 1000
    assert report.best_step == 5 * (1 + int(np.argmin(losses)))
    assert report.loss <= min(losses) + 1e-6


def test_the_same_seed_trains_the_same_critic():
    settings = QUICK.model_copy(update={"epochs": 1})
    scores = []
    for seed in (5, 5, 6):
        critic = Discriminator(SMALL, seed=0)
        train_critic(critic, alkanes("O"), alkanes("N"), settings, seed=seed)
        scores.append(critic.score(["CCOC", "CCNC"]))
    assert np.array_equal(scores[0], scores[1]) and not np.array_equal(scores[0], scores[2])


def test_too_few_molecules_are_refused():
    with pytest.raises(InputError, match="3 molecules on one side"):
        train_critic(Discriminator(SMALL), alkanes("O"), featurize_all(["C", "CC", "CCC"]), QUICK, seed=0)


def test_acceptance_turns_the_generated_into_the_real_density():
    rng = np.random.default_rng(0)
    fake = rng.normal(-0.25, 1, 200_000)
    kept = fake[rng.random(len(fake)) < acceptance(0.5 * fake, cap_quantile=0.999)]  # real is N(.25, 1)
    assert kept.mean() == pytest.approx(0.25, abs=0.02)
    assert kept.std() == pytest.approx(1, abs=0.02)


def test_acceptance_is_a_probability_in_order_and_never_keeps_nan():
    logits = np.array([np.nan, 5.0, 0.0, -1000.0, 5.0 - np.log(2)])
    assert acceptance(logits, cap_quantile=1).tolist() == pytest.approx([0, 1, np.exp(-5), 0, 0.5])
    assert acceptance(np.array([np.nan, np.nan])).tolist() == [0, 0]
    assert acceptance(np.array([])).tolist() == []
