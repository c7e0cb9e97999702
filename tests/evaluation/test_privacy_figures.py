"""The figures of an audit: closed forms, and what they say where nothing leaks."""

import math

import numpy as np
import pytest

from molgan.chem.shipped_sets import load_reference
from molgan.evaluation.bootstrap import Interval
from molgan.evaluation.copies import NearCopies, Nearness, compare_exact, compare_near, pack_fingerprints
from molgan.evaluation.exposure import CHANCE, measure_exposure
from molgan.evaluation.privacy_figures import CONTROL, Attack, AuditLimits
from molgan.evaluation.roc import auc, bootstrap_separation, true_positive_rate
from molgan.evaluation.tanimoto import nearest_similarities, nearest_two

MOSES = [record.smiles for record in load_reference("moses_reference_1000")]


def test_the_rate_at_few_false_positives_counts_what_is_above_all_but_those() -> None:
    fake = np.arange(200.0)
    assert true_positive_rate(np.array([197.0, 197.5, 198.0, 500.0]), fake) == 0.75  # two of 200 are above 197
    assert true_positive_rate(np.zeros(10), np.zeros(200)) == 0.0  # ties are no hits
    assert math.isnan(true_positive_rate(np.ones(10), np.zeros(99)))


def test_normal_scores_have_the_area_of_their_distance() -> None:
    rng = np.random.default_rng(0)
    real, fake = rng.normal(1, 1, 4000), rng.normal(0, 1, 4000)
    assert auc(real, fake) == pytest.approx(0.7602, abs=0.012)  # Phi(1 / sqrt 2)
    area, rate = bootstrap_separation(real, fake, rng, resamples=100)
    assert area.low - 0.01 < 0.7602 < area.high + 0.01 and 0.01 < area.high - area.low < 0.03
    assert rate.value == pytest.approx(0.0924, abs=0.02)  # 1 - Phi(2.326 - 1)


def test_scores_of_chance_have_intervals_around_chance() -> None:
    rng = np.random.default_rng(1)
    area, rate = bootstrap_separation(rng.random(1000), rng.random(1000), rng, resamples=100)
    assert area.low < 0.5 < area.high and rate.low <= 0.01 <= rate.high


def test_canaries_that_were_never_seen_have_the_exposure_of_chance() -> None:
    rng = np.random.default_rng(2)
    (found,), highest = measure_exposure(rng.random(6000), [1] * 3000 + [0] * 3000, rng)
    assert highest == pytest.approx(math.log2(3001))
    assert found.mean.value == pytest.approx(CHANCE, abs=0.08)


def test_the_likeliest_of_all_has_the_highest_exposure_and_ties_have_none() -> None:
    rng = np.random.default_rng(3)
    scores = np.concatenate([[9.0, -1.0, np.nan, 0.5], np.linspace(0, 1, 1023)])
    (one, four), highest = measure_exposure(scores, [1, 4, 4, 4] + [0] * 1023, rng)
    assert highest == 10 and one.mean.value == 10 and one.canaries == 1
    assert four.canaries == 2 and four.most == pytest.approx(10 - math.log2(512.5), abs=0.01)
    (tied,), _ = measure_exposure(np.zeros(1024), [1] + [0] * 1023, rng)
    assert tied.mean.value == pytest.approx(10 - math.log2(512.5))


def test_the_two_nearest_are_those_of_a_sorted_list() -> None:
    packed = pack_fingerprints(MOSES[:40])
    found = nearest_two(packed[:10], packed[10:])
    assert found[:, 0] == pytest.approx(nearest_similarities(packed[:10], packed[10:]), abs=1e-6)
    alone = [
        sorted(nearest_similarities(packed[i : i + 1], packed[j : j + 1])[0] for j in range(10, 40))[-2:]
        for i in range(10)
    ]
    assert found[:, ::-1] == pytest.approx(np.array(alone), abs=1e-6)
    assert np.isnan(nearest_two(packed[:1], packed[1:2])[0, 1])


def test_copies_of_training_molecules_are_told_from_copies_by_chance() -> None:
    rng = np.random.default_rng(4)
    packed = pack_fingerprints(MOSES[:300])
    training, holdout, fresh = packed[:100], packed[100:200], packed[200:]
    honest = compare_near(fresh, training, holdout, rng)
    assert honest.excess is not None and honest.closer is not None
    assert honest.excess.low <= 0 <= honest.excess.high and honest.closer.low < 0.5 < honest.closer.high
    copied = compare_near(np.concatenate([fresh[:50], training[:50]]), training, holdout, rng)
    assert copied.excess is not None and copied.excess.value == pytest.approx(0.5, abs=0.03)
    assert copied.training.distance_ratio < honest.training.distance_ratio


def test_exact_copies_count_by_the_size_of_the_files() -> None:
    rng = np.random.default_rng(5)
    fair = compare_exact(10_000, 900, 9_000, 100, 1_000, rng).ratio
    leaky = compare_exact(10_000, 900, 9_000, 10, 1_000, rng).ratio
    assert fair is not None and fair.low < 1 < fair.high
    assert leaky is not None and leaky.value == pytest.approx(10, rel=0.1) and leaky.low > 4
    nothing = compare_exact(100, 0, 10, 0, 10, rng).ratio
    assert nothing is not None and math.isnan(nothing.value)


def test_limits_look_at_the_best_attack_and_not_at_the_control() -> None:
    wide = Interval(0.4, 0.3, 0.5)
    near = NearCopies(100, Nearness(wide, 0.9), Nearness(wide, 0.9), Interval(0.02, 0.0, 0.04), wide)
    attacks = [
        Attack("likelihood", "likelihood", 9, 9, Interval(0.58, 0.5, 0.6), Interval(0.03, 0.0, 0.1)),
        Attack("critic", "critic", note="none"),
        Attack(CONTROL, "control", 9, 9, Interval(0.99, 0.9, 1.0), Interval(0.9, 0.8, 1.0)),
    ]
    limits = AuditLimits(auc=0.6, true_positives=0.02, copies=0.01).judge(near, attacks, [])
    assert [(limit.option, limit.is_broken) for limit in limits] == [
        ("--most-auc", False),
        ("--most-true-positives", True),
        ("--most-copies", True),
    ]
    (unknown,) = AuditLimits(auc=0.6).judge(near, attacks[1:], [])
    assert unknown.is_broken
