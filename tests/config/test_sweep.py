"""Which trials a sweep has, and what is refused before any of them runs."""

import json
import math
from pathlib import Path

import pytest

from molgan.base.errors import ConfigError
from molgan.config import load
from molgan.config.draw_values import draw_values
from molgan.config.sweep import load_sweep
from molgan.config.sweep_config import SweepConfig

CAMPAIGN = """\
data: {train: train.smi}
reinforce: {steps: 3}
objective: {components: [{scorer: qed}, {scorer: sa, transform: {name: reverse_sigmoid, low: 1, high: 6}}]}
sample: {target: 10, budget: 1000}
filters: [valid]
"""
SWEEP = """\
campaign: campaign.yaml
keys:
  reinforce.learning_rate: {log: [1e-4, 1e-2]}
  objective.components.0.weight: [1, 2]
metric: kept
trials: 4
"""


@pytest.fixture
def sweep(tmp_path: Path) -> Path:
    (tmp_path / "train.smi").write_text("CCO\n")
    (tmp_path / "campaign.yaml").write_text(CAMPAIGN)
    path = tmp_path / "many.yaml"
    path.write_text(SWEEP)
    return path


def settings(keys: dict[str, object], **others: object) -> SweepConfig:
    values = {"name": "a", "campaign": __file__, "keys": keys, "metric": "kept", **others}
    return SweepConfig.model_validate(values)


def test_without_trials_every_combination_is_one() -> None:
    drawn = draw_values(settings({"a": [1, 2], "b": ["x", "y", "z"]}))
    assert [(each["a"], each["b"]) for each in drawn] == [(a, b) for a in (1, 2) for b in "xyz"]


def test_the_same_seed_gives_the_same_trials_and_more_begin_with_them() -> None:
    keys = {"a": {"log": [1e-5, 1e-1]}, "b": [1, 2, 3], "c": {"integer": [1, 3]}, "d": {"uniform": [-1, 1]}}
    few, many = (draw_values(settings(keys, trials=n, seed=7)) for n in (5, 40))
    assert many[:5] == few == draw_values(settings(keys, trials=5, seed=7))
    assert few != draw_values(settings(keys, trials=5, seed=8))


def test_values_are_drawn_from_all_of_their_ranges() -> None:
    keys = {"a": {"log": [1e-5, 1e-1]}, "c": {"integer": [1, 3]}, "d": {"uniform": [-1, 1]}}
    drawn = draw_values(settings(keys, trials=400))
    logs, whole, even = ([each[key] for each in drawn] for key in "acd")
    assert all(1e-5 <= value <= 1e-1 and len(f"{value:e}".rstrip("0")) <= 12 for value in logs)
    assert sum(value < 1e-3 for value in logs) == pytest.approx(200, abs=50)  # half of the powers of ten
    assert set(whole) == {1, 2, 3} and all(isinstance(value, int) for value in whole)
    assert math.fsum(even) == pytest.approx(0, abs=60) and min(even) < -0.9 and max(even) > 0.9


def test_no_two_trials_are_alike() -> None:
    lists = draw_values(settings({"a": [1, 2], "b": {"integer": [1, 3]}}, trials=50))
    assert len(lists) == 6 == len({json.dumps(each) for each in lists})
    narrow = draw_values(settings({"a": {"uniform": [1, 1.0001]}}, trials=20))
    assert len({each["a"] for each in narrow}) == 20


def test_each_trial_is_a_campaign_of_its_own(sweep: Path) -> None:
    found = load_sweep(sweep, [f"out={sweep.parent / 'out'}"])
    assert [trial.name for trial in found.trials] == ["trial_0001", "trial_0002", "trial_0003", "trial_0004"]
    for trial in found.trials:
        assert trial.config.reinforce is not None
        assert trial.config.reinforce.learning_rate == trial.values["reinforce.learning_rate"]
        assert trial.config.objective.components[0].weight == trial.values["objective.components.0.weight"]
        assert trial.config.folder == sweep.parent / "out" / trial.name
        assert trial.config.name == f"campaign-{trial.number:04}"


def test_a_miniature_has_two_small_trials_in_a_folder_of_their_own(sweep: Path) -> None:
    found = load_sweep(sweep, smoke=True)
    assert found.smoke and found.settings.folder == Path("runs/many-smoke") and len(found.trials) == 2
    assert {trial.config.data.train.name for trial in found.trials} == {"moses_reference_1000.csv.gz"}


@pytest.mark.parametrize(
    ("right", "wrong", "told"),
    [
        (
            "learning_rate",
            "learning_rat",
            "many.yaml:3: 'learning_rat' is not a key here, did you mean 'learning_rate'?",
        ),
        ("objective.comp", "objectiv.comp", "did you mean 'objective.components.0.weight'?"),
        ("components.0", "components.7", "no key 'objective.components.7.weight', did you mean"),
        ("reinforce.l", "optimize.l", "many.yaml:3: .*leaves out the section 'optimize'"),
        ("[1, 2]", "[1, -2]", "many.yaml:4: objective.components.0.weight: .*not -2"),
        ("[1, 2]", "[1, 1]", "many.yaml:4: keys: 'objective.components.0.weight' has the value 1 more than once"),
        ("[1, 2]", "[]", "many.yaml:4: .*at least 1 item"),
        ("[1e-4, 1e-2]", "[0, 1e-2]", "many.yaml:3: log: both ends are above 0"),
        ("[1e-4, 1e-2]", "[1, 1e-2]", "many.yaml:3: log: the first end, 1, is not below the second, 0.01"),
        ("{log: ", "{uniform: [0, 1], log: ", "one of `uniform`, `log` and `integer`"),
        ("{log: ", "{lag: ", "'lag' is not a key here, did you mean 'log'?"),
        ("trials: 4", "", "'reinforce.learning_rate' is a range; say how many trials are drawn"),
        ("trials: 4", "trails: 4", "did you mean 'trials'?"),
        ("objective.components.0.weight: [1, 2]", "out: [a, b]", "'out' is set by the sweep"),
        ("objective.components.0.weight", "compute.workers", "trial_0001: compute.workers: .*set it to 0"),
        ("objective.components.0.weight: [1, 2]", "compute.device: [cpu, cuda]", "a trial sees no GPU"),
        ("campaign.yaml", "campain.yaml", "no such file: campain.yaml"),
        ("metric: kept", "out: s3://bucket/a\nmetric: kept", "not to a URL"),
        ("metric: kept\n", "", "'metric' is missing"),
    ],
)
def test_a_fault_is_told_before_any_work(sweep: Path, right: str, wrong: str, told: str) -> None:
    assert right in SWEEP
    sweep.write_text(SWEEP.replace(right, wrong))
    with pytest.raises(ConfigError, match=told):
        load_sweep(sweep)


def test_too_many_combinations_are_refused(sweep: Path) -> None:
    keys = "  seed: " + str(list(range(200))) + "\n  sample.target: " + str(list(range(1, 102))) + "\n"
    sweep.write_text(f"campaign: campaign.yaml\nmetric: kept\nkeys:\n{keys}")
    with pytest.raises(ConfigError, match=r"many.yaml: keys: 20,200 combinations; set `trials` to .*, 10,000 at most"):
        load_sweep(sweep)


def test_every_value_of_a_list_is_checked_also_one_that_is_not_drawn(sweep: Path) -> None:
    sweep.write_text(SWEEP.replace("[1, 2]", "[1, 2, 3, 4, 5, 6, 7, x]").replace("trials: 4", "trials: 1"))
    with pytest.raises(ConfigError, match="not 'x'"):
        load_sweep(sweep)


def test_a_combination_that_a_campaign_refuses_is_refused(sweep: Path) -> None:
    keys = "  sample: [{n: 5}, {target: 5}]\n  sample.target: [3, 7]\n"
    sweep.write_text(f"campaign: campaign.yaml\nmetric: kept\nkeys:\n{keys}")
    with pytest.raises(ConfigError, match=r"many.yaml: trial_0001: .*\n.*trial_0002: "):
        load_sweep(sweep)


def test_the_other_verbs_know_a_sweep_and_this_one_a_campaign(sweep: Path) -> None:
    with pytest.raises(ConfigError, match="give it to `molgan sweep`"):
        load(sweep)
    with pytest.raises(ConfigError, match="give it to `molgan run`"):
        load_sweep(sweep.parent / "campaign.yaml")


def test_what_the_trials_run_is_told_once(sweep: Path) -> None:
    (sweep.parent / "own.py").write_text("def score(mols):\n    return [0.5] * len(mols)\n")
    own = f"{sweep.parent}/own.py:score"
    (sweep.parent / "campaign.yaml").write_text(CAMPAIGN.replace("{scorer: qed}", f'{{scorer: "{own}"}}'))
    told: list[str] = []
    load_sweep(sweep, on_foreign=lambda found: told.extend(each.text for each in found))
    assert len(told) == 1 and "own.py" in told[0]
