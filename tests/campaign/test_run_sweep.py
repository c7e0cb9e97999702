"""A sweep with campaigns that only write what a campaign leaves: resuming, the table, the page, figures."""

import csv
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas
import pytest

from molgan.base.errors import ConfigError, InputError, RunError
from molgan.campaign.pipeline import PIPELINES
from molgan.campaign.sweep.run_sweep import SweepResult, check_sweep, run_sweep
from molgan.campaign.sweep.trial_figures import read_curve, read_figure
from molgan.config import CampaignConfig, load_config, write_config
from molgan.config.sweep import Sweep, load_sweep
from molgan.distributed.trial_task import TrialEnd, TrialTask

CAMPAIGN = """\
data: {train: train.smi}
reinforce: {steps: 3}
objective: {components: [{scorer: qed}]}
sample: {n: 10}
filters: [valid]
"""
SWEEP = """\
campaign: campaign.yaml
keys:
  reinforce.learning_rate: [0.001, 0.002, 0.003]
metric: mean_score
out: OUT
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "train.smi").write_text("CCO\n")
    (tmp_path / "campaign.yaml").write_text(CAMPAIGN)
    path = tmp_path / "many.yaml"
    path.write_text(SWEEP.replace("OUT", str(tmp_path / "out")))
    return path


def write_run(run: Path, config: CampaignConfig, scores: Sequence[float], *, done: bool = True) -> None:
    """The files of a campaign whose library has these scores; training alone, where it is not `done`."""
    run.mkdir(parents=True, exist_ok=True)
    write_config(config, run / "config.yaml")
    rows = [{"stage": "reinforce", "step": step, "score": step / 10, "event": "no"} for step in (1, 2, 3)]
    (run / "metrics.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    for kind in PIPELINES[CampaignConfig] if done else PIPELINES[CampaignConfig][:1]:
        if kind.is_part_of(dict(config)):
            folder = run / "checkpoints" / kind.name
            folder.mkdir(parents=True, exist_ok=True)
            counts = {"library": {"library": len(scores), "drawn": 10}}.get(kind.name, {})
            (folder / "stage.json").write_text("{}")
            (folder / "done.json").write_text(json.dumps({"key": "a", "seconds": 1.0, "counts": counts}))
    if done:
        pandas.DataFrame({"score": scores}).to_parquet(run / "library.parquet")


class Runner:
    """Runs tasks as `run_trials` does; those in `fails` fail, those in `stops` are stopped, and after `breaks` of them
    the machine is gone."""

    def __init__(self, fails: Sequence[str] = (), stops: Sequence[str] = (), breaks: int = 99) -> None:
        self.fails, self.stops, self.breaks = fails, stops, breaks
        self.tasks: list[TrialTask] = []
        self.known: list[Any] = []

    def __call__(self, tasks: Sequence[TrialTask], *, on_end: Any, known: Any, **_: Any) -> None:
        self.known = known
        for task in tasks:
            self.tasks.append(task)
            arguments = task.command[task.command.index("run") :]
            config = load_config(arguments[1], [each for each in arguments[2:] if "=" in each])
            assert config.folder == task.run and config.reinforce is not None
            ends_well = task.name not in (*self.fails, *self.stops) and len(self.tasks) <= self.breaks
            write_run(task.run, config, [config.reinforce.learning_rate * 100, 0.5], done=ends_well)
            if len(self.tasks) > self.breaks:
                raise KeyboardInterrupt
            state = "failed" if task.name in self.fails else "stopped" if task.name in self.stops else "done"
            on_end(task, TrialEnd(state, 2.5, "exit code 2: no weights" if state == "failed" else ""))


def run(path: Path, runner: Runner, *overrides: str) -> SweepResult:
    return run_sweep(load_sweep(path, overrides), run=runner)


def read_table(path: Path) -> list[dict[str, str]]:
    with (path.parent / "out" / "sweep.csv").open() as file:
        return list(csv.DictReader(file))


def test_the_table_has_a_row_for_each_trial_and_the_best_come_first(path: Path) -> None:
    result = run(path, Runner())
    assert [row.name for row in result.ranked] == ["trial_0003", "trial_0002", "trial_0001"]
    table = read_table(path)
    assert list(table[0]) == ["trial", "reinforce.learning_rate", "mean_score", "state", "reason", "seconds", "folder"]
    assert [(row["reinforce.learning_rate"], row["mean_score"], row["state"], row["seconds"]) for row in table] == [
        ("0.001", "0.3", "done", "2.5"),
        ("0.002", "0.35", "done", "2.5"),
        ("0.003", "0.4", "done", "2.5"),
    ]
    assert [Path(row["folder"]).is_dir() for row in table] == [True] * 3
    assert run(path, Runner(), "mode=min").ranked[0].name == "trial_0001"
    page = (path.parent / "out" / "sweep.html").read_text()
    assert page.count('<tr><th scope="row">') == 3 and "3 of 3 trials are over" in page


def test_finished_trials_are_not_run_again_and_interrupted_ones_go_on(path: Path) -> None:
    broken = Runner(breaks=1)
    with pytest.raises(KeyboardInterrupt):
        run(path, broken)
    assert [task.name for task in broken.tasks] == ["trial_0001", "trial_0002"]
    again = Runner()
    result = run(path, again)
    assert [task.name for task in again.tasks] == ["trial_0002", "trial_0003"]
    assert again.tasks[0].run == broken.tasks[1].run
    assert [row.state for row in result.rows] == ["done"] * 3
    more = Runner()
    run(path, more)
    assert more.tasks == []


def test_a_trial_that_failed_runs_again_and_the_others_do_not_mind(path: Path) -> None:
    result = run(path, Runner(fails=["trial_0002"]))
    assert [row.state for row in result.rows] == ["done", "failed", "done"]
    assert read_table(path)[1]["reason"] == "exit code 2: no weights" and read_table(path)[1]["mean_score"] == ""
    assert result.ranked[-1].name == "trial_0002"
    again = Runner()
    run(path, again)
    assert [task.name for task in again.tasks] == ["trial_0002"]
    assert [row["state"] for row in read_table(path)] == ["done"] * 3


def test_a_sweep_none_of_whose_trials_ends_well_is_an_error(path: Path) -> None:
    with pytest.raises(RunError, match="no trial has come to its end; trial_0001: exit code 2: no weights"):
        run(path, Runner(fails=["trial_0001", "trial_0002", "trial_0003"]))


def test_what_was_stopped_early_stays_so_and_the_scheduler_knows_it(path: Path) -> None:
    scheduler = "scheduler={metric: reinforce.score, grace: 1}"
    run(path, Runner(stops=["trial_0001"], fails=["trial_0002"]), scheduler)
    again = Runner()
    result = run(path, again, scheduler)
    assert [task.name for task in again.tasks] == ["trial_0002"]
    assert again.known == [[(1, 0.1), (2, 0.2), (3, 0.3)]] * 2
    assert [row.state for row in result.rows] == ["stopped", "done", "done"]
    without = Runner()
    run(path, without)
    assert [task.name for task in without.tasks] == ["trial_0001"], "without a scheduler it goes to its end"


def test_a_changed_campaign_runs_again(path: Path) -> None:
    run(path, Runner())
    (path.parent / "campaign.yaml").write_text(CAMPAIGN.replace("n: 10", "n: 20"))
    again = Runner()
    run(path, again)
    assert len(again.tasks) == 3


def test_the_folder_of_another_sweep_is_refused(path: Path) -> None:
    run(path, Runner())
    with pytest.raises(RunError, match=r"another sweep, whose trial_0002 has .*0.002.*choose another `out`"):
        run(path, Runner(), "keys={reinforce.learning_rate: [0.001, 0.005]}")
    more = Runner()
    run(path, more, "keys={reinforce.learning_rate: [0.001, 0.002, 0.003, 0.004]}")
    assert [task.name for task in more.tasks] == ["trial_0004"]


@pytest.mark.parametrize(
    ("override", "told"),
    [
        ("metric=keptt", "metric: no figure 'keptt', did you mean 'kept'?"),
        ("metric=reinfroce.score", "metric: .*no stage 'reinfroce', did you mean 'reinforce'?"),
        ("metric=optimize.best", "the campaign has no stage 'optimize'"),
        ("scheduler={}", "scheduler.metric: 'mean_score' is known at the end alone; .* of reinforce"),
        ("scheduler={metric: optimize.best}", "scheduler.metric: 'optimize.best': the campaign has no stage"),
        ("scheduler={metric: evaluation.samples}", "known at the end alone"),
    ],
)
def test_a_figure_that_a_campaign_cannot_have_is_refused(path: Path, override: str, told: str) -> None:
    sweep: Sweep = load_sweep(path, [override])
    with pytest.raises(ConfigError, match=told):
        check_sweep(sweep)


def test_figures_come_from_the_run_folder(path: Path) -> None:
    config = load_sweep(path).trials[0].config
    folder = path.parent / "run"
    assert all(pandas.isna(read_figure(folder, name)) for name in ("kept", "mean_score", "reinforce.score"))
    write_run(folder, config, [0.2, 0.6])
    figures = {name: read_figure(folder, name) for name in ("kept", "yield", "mean_score", "best_score")}
    assert figures == {"kept": 2, "yield": 0.2, "mean_score": pytest.approx(0.4), "best_score": 0.6}
    assert read_figure(folder, "reinforce.score") == 0.3
    assert read_curve(folder, "reinforce.score") == [(1, 0.1), (2, 0.2), (3, 0.3)]
    with pytest.raises(InputError, match="no figure 'scoer', did you mean 'score'"):
        read_curve(folder, "reinforce.scoer")
    with pytest.raises(InputError, match="the stage 'reinforce' has no figure 'event'"):
        read_figure(folder, "reinforce.event")
    with (folder / "metrics.jsonl").open("a") as file:
        file.write(
            '{"stage": "reinforce", "step": 2, "score": 0.9}\n{"stage": "reinforce", "step": 4, "score": null}\n'
        )
    assert read_curve(folder, "reinforce.score") == [(1, 0.1), (2, 0.9), (3, 0.3)]


def test_figures_of_results_have_their_path(path: Path) -> None:
    folder = path.parent / "run"
    (folder / "checkpoints" / "evaluation").mkdir(parents=True)
    counts = {"sets": {"reinforce": {"score": 0.7}}}
    (folder / "checkpoints" / "evaluation" / "done.json").write_text(json.dumps({"counts": counts}))
    assert read_figure(folder, "evaluation.sets.reinforce.score") == 0.7
