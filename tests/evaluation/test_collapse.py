import json
import math

import numpy as np
import pytest

from molgan.base.errors import InputError
from molgan.chem.shipped_sets import load_reference
from molgan.evaluation.collapse import CollapseWatch
from molgan.evaluation.settings import CollapseSettings

SETTINGS = CollapseSettings(window=200, interval=50, diversity_sample=50, patience=2)


@pytest.fixture(scope="module")
def drugs():
    return [record.smiles for record in load_reference("approved_drugs")]


def collapsing_stream(smiles, steps, seed=0):
    """Batches of 50 that come from ever fewer molecules: all of them at first, four at the end."""
    rng = np.random.default_rng(seed)
    for step in range(steps):
        pool = max(4, int(len(smiles) * (1 - step / steps) ** 6))
        yield [smiles[i] for i in rng.integers(pool, size=50)]


def test_a_healthy_stream_stays_healthy(drugs):
    watch = CollapseWatch(SETTINGS)
    verdicts = [watch.update(drugs[i : i + 50], critic_gap=1.0, gradient_norm=3.0) for i in range(0, 1000, 50)]
    assert {verdict.state for verdict in verdicts} == {"healthy"}
    assert verdicts[-1].figures["uniqueness"] == 1
    assert verdicts[-1].figures["scaffold_entropy"] > 0.8
    assert verdicts[-1].figures["diversity"] > 0.8


def test_a_collapsing_stream_is_noticed_with_its_reason(drugs):
    watch = CollapseWatch(SETTINGS)
    verdicts = [watch.update(batch) for batch in collapsing_stream(drugs, 40)]
    states = [verdict.state for verdict in verdicts]
    assert states[0] == "healthy" and states[-1] == "collapsing"
    assert "healthy" not in states[states.index("collapsing") :]
    assert verdicts[-1].reason == "uniqueness of the last 200 samples is 2%, below its floor of 50%"


@pytest.mark.parametrize(
    "sample, reason",
    [
        (lambda i: "C1CC", "validity of the last 200 samples is 0%, below its floor of 50%"),
        (
            lambda i: "C" * (i + 1),
            "share of distinct scaffolds of the last 200 samples is 0.5%, below its floor of 2.0%",
        ),
        (lambda i: "c1ccccc1" * (1 + i % 5) + "C" * i, "scaffold entropy of the last 200 samples"),
        (lambda i: "C1CC" + "C" * i + "1", "internal diversity of the last 200 samples"),
    ],
)
def test_other_ways_to_collapse(sample, reason):
    floors = {"scaffold_entropy": 0.31, "diversity": 0.9}
    watch = CollapseWatch(SETTINGS.model_copy(update=floors if "scaffolds" not in reason else {}))
    for step in range(0, 300, 50):
        verdict = watch.update([sample(i) for i in range(step, step + 50)])
    assert verdict.state == "collapsing"
    assert verdict.reason.startswith(reason)


def test_one_bad_look_is_not_a_collapse(drugs):
    watch = CollapseWatch(SETTINGS)
    watch.update(drugs[:100])
    assert watch.update(["CCO"] * 150).state == "healthy"
    assert watch.update(["CCO"] * 50).state == "collapsing"
    assert watch.update(drugs[:200]).state == "healthy"


def test_the_same_molecule_written_in_many_ways_is_one():
    watch = CollapseWatch(SETTINGS)
    watch.update(["CCO", "OCC", "C(C)O", "C(O)C"] * 50)
    assert watch.verdict.figures["uniqueness"] == 1 / 200


def test_divergence_comes_first(drugs):
    watch = CollapseWatch(SETTINGS)
    assert watch.update(["CCO"] * 150, gradient_norm=math.nan).reason == "gradient norm is nan"
    assert watch.update(["CCO"] * 50, critic_gap=-30.0).state == "collapsing"
    verdict = watch.update(["CCO"] * 50, critic_gap=-31.0)
    assert (verdict.state, verdict.reason) == (
        "diverging",
        "critic gap is -31, beyond its ceiling of 20, for 2 steps in a row",
    )
    assert watch.update(["CCO"] * 50, critic_gap=2.0).state == "collapsing"


def test_resumes_where_it_was(drugs):
    batches = list(collapsing_stream(drugs, 40))
    whole, first, second = CollapseWatch(SETTINGS), CollapseWatch(SETTINGS), CollapseWatch(SETTINGS)
    expected = [whole.update(batch) for batch in batches]
    before = [first.update(batch) for batch in batches[:23]]
    second.load_state_dict(json.loads(json.dumps(first.state_dict())))
    assert before + [second.update(batch) for batch in batches[23:]] == expected
    with pytest.raises(InputError, match="collapse watch"):
        second.load_state_dict({"window": []})


def test_a_roll_back_starts_anew(drugs):
    watch = CollapseWatch(SETTINGS)
    for _ in range(6):
        watch.update(["CCO"] * 50)
    assert watch.verdict.state == "collapsing"
    watch.reset()
    assert watch.verdict.state == "healthy"
    assert watch.update(drugs[:50]).figures == {}


def test_no_molecule_breaks_the_watch():
    watch = CollapseWatch(SETTINGS)
    watch.update([None, "", "C" * 3000, "[Xe]", "*", "[Na+].[Cl-]", "\x00", "C1CC"] * 25)
    assert 0 < watch.verdict.figures["validity"] < 1


def test_settings_that_contradict_each_other_are_refused():
    with pytest.raises(ValueError, match="larger than window"):
        CollapseSettings(window=100, diversity_sample=200)
