"""The verb sweep as it is typed: trials that are only shown, and what is refused."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from molgan.cli import app
from molgan.distributed import sweep_trials


@pytest.fixture
def sweep(tmp_path: Path) -> Path:
    (tmp_path / "train.smi").write_text("CCO\n")
    (tmp_path / "campaign.yaml").write_text(
        "data: {train: train.smi}\nobjective: {components: [{scorer: qed}]}\nsample: {n: 10}\nfilters: [valid]\n"
    )
    path = tmp_path / "many.yaml"
    path.write_text(f"campaign: campaign.yaml\nkeys: {{seed: [0, 1]}}\nmetric: kept\nout: {tmp_path}/out\n")
    return path


def test_a_dry_run_prints_the_trials_and_leaves_nothing(sweep: Path) -> None:
    done = CliRunner().invoke(app, ["sweep", str(sweep), "--dry-run", "keys={seed: [3, 5], sample.n: [10, 200]}"])
    assert done.exit_code == 0
    assert [line.split() for line in done.stdout.splitlines()[1:]] == [
        ["trial", "seed", "sample.n"],
        ["trial_0001", "3", "10"],
        ["trial_0002", "3", "200"],
        ["trial_0003", "5", "10"],
        ["trial_0004", "5", "200"],
    ]
    assert not (sweep.parent / "out").exists()


@pytest.mark.parametrize(
    ("override", "told"),
    [
        ("metric=keptt", "molgan: {sweep}: metric: no figure 'keptt', did you mean 'kept'?"),
        ("keys={sead: [1]}", "molgan: argument 'keys={sead: [1]}': 'sead' is not a key here, did you mean 'seed'?"),
    ],
)
def test_a_fault_is_one_line_also_in_a_dry_run(sweep: Path, override: str, told: str) -> None:
    done = CliRunner().invoke(app, ["sweep", str(sweep), "--dry-run", override])
    assert done.exit_code == 2
    assert done.stderr.startswith(told.replace("{sweep}", str(sweep))) and done.stderr.count("\n") == 1


def test_a_sweep_without_ray_says_what_is_missing(sweep: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweep_trials, "find_spec", lambda name: None)
    done = CliRunner().invoke(app, ["sweep", str(sweep)])
    assert done.exit_code == 2
    assert "molgan: a sweep needs Ray: pip install 'molgan[ray]'" in done.stderr
