"""The trials of a sweep on Ray: early stopping, the process of a trial, and a sweep that is stopped and goes on."""

import csv
import json
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

pytest.importorskip("ray")

from molgan.campaign.run_folder.status import read_status
from molgan.campaign.sweep.trial_figures import read_curve
from molgan.distributed.campaign_trial import FIGURE, STEP, CampaignTrial
from molgan.distributed.settings import AshaSettings
from molgan.distributed.sweep_trials import make_scheduler
from molgan.distributed.trial_task import Curve, TrialTask

GOOD, FAIR, BAD = ([(step, level) for step in range(1, 10)] for level in (0.9, 0.6, 0.1))


def follow(scheduler: Any, curve: Curve) -> int | None:
    """The step at which a trial with this curve is stopped, if it is."""
    trial = SimpleNamespace(trial_id="new")
    scheduler.on_trial_add(None, trial)
    for step, figure in curve:
        if scheduler.on_trial_result(None, trial, {STEP: step, FIGURE: figure}) == "STOP":
            return step
    return None


@pytest.mark.parametrize(("curve", "mode", "stopped"), [(BAD, "max", 4), (GOOD, "max", None), (GOOD, "min", 4)])
def test_a_trial_is_stopped_that_is_worse_than_those_of_earlier_sessions(
    curve: Curve, mode: str, stopped: int | None
) -> None:
    settings = AshaSettings(grace=4, reduction=2)
    assert follow(make_scheduler(settings, mode, [FAIR, FAIR]), curve) == stopped
    assert follow(make_scheduler(settings, mode, []), curve) is None, "the first trial has nobody to lose to"


def make_trial(tmp_path: Path, script: str) -> Any:
    task = TrialTask(
        name="trial_0001",
        command=[sys.executable, "-c", script],
        run=tmp_path,
        log=tmp_path / "log",
        place=tmp_path,
        read=partial(read_curve, metric="reinforce.score"),
    )
    trial = CampaignTrial.__new__(CampaignTrial)
    reserved = SimpleNamespace(required_resources={"CPU": 2.0})
    trial._trial_info = SimpleNamespace(trial_resources=reserved)
    trial.setup({"trial": 0}, tasks=[task])
    return trial


WRITE = """\
import json, os
with open("metrics.jsonl", "w") as file:
    for step in (1, 2):
        file.write(json.dumps({"stage": "reinforce", "step": step, "score": step / 2}) + "\\n")
print(os.environ["MOLGAN_CORES"], os.environ["CUDA_VISIBLE_DEVICES"] or "no GPU")
"""


def test_a_trial_tells_each_step_and_then_its_end(tmp_path: Path) -> None:
    trial = make_trial(tmp_path, WRITE)
    assert [trial.step() for _ in range(3)] == [
        {STEP: 1, FIGURE: 0.5},
        {STEP: 2, FIGURE: 1.0},
        {"done": True, "reason": ""},
    ]
    trial.cleanup()
    assert (tmp_path / "log").read_text() == "2 no GPU\n"


def test_a_trial_that_fails_gives_the_last_line_as_its_reason(tmp_path: Path) -> None:
    trial = make_trial(tmp_path, "import sys; print('begins'); sys.stderr.write('molgan: no weights\\n'); sys.exit(2)")
    assert trial.step() == {"done": True, "reason": "exit code 2: no weights"}


def test_a_figure_that_its_stage_does_not_have_ends_a_trial(tmp_path: Path) -> None:
    trial = make_trial(tmp_path, WRITE.replace('"score"', '"skore"') + "import time; time.sleep(600)")
    assert trial.step() == {
        "done": True,
        "reason": "the stage 'reinforce' has no figure 'score', did you mean 'skore'?",
    }
    process = trial._process
    trial.cleanup()
    assert process.poll() == -signal.SIGKILL


@pytest.mark.slow
def test_a_sweep_that_is_stopped_goes_on_and_stops_a_bad_trial_early(home: Path, tmp_path: Path) -> None:
    sweep = tmp_path / "many.yaml"
    sweep.write_text(
        f"campaign: {home}/mini.yaml\nkeys: {{objective.components.0.weight: [1, 1.5]}}\nmetric: mean_score\n"
        f"concurrent: 1\nscheduler: {{metric: reinforce.score, grace: 100}}\nout: {tmp_path}/out\n"
    )
    command = [sys.executable, "-m", "molgan", "--log", "plain", "sweep", str(sweep)]
    first = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    wait_for(lambda: (tmp_path / "out" / "trial_0002" / "metrics.jsonl").exists(), first)
    first.send_signal(signal.SIGTERM)
    told = first.communicate(timeout=120)[1]
    assert first.returncode == 143 and "goes on" in told, told
    finished = {path: path.stat().st_mtime_ns for path in (tmp_path / "out" / "trial_0001").iterdir()}
    ends = json.loads((tmp_path / "out" / "trials.json").read_text())
    assert ends["trial_0001"]["end"]["state"] == "done" and ends["trial_0002"]["end"] is None
    again = subprocess.run(command, capture_output=True, text=True, timeout=900)
    assert again.returncode == 0, again.stderr
    assert "1 of 2 trials are over already" in again.stderr
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "out" / "trial_0001").iterdir()} == finished
    with (tmp_path / "out" / "sweep.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [(row["state"], row["reason"]) for row in rows] == [("done", "")] * 2
    for row in rows:
        assert read_status(row["folder"]).done and float(row["mean_score"]) > 0
    assert "goes on where it stopped" in (tmp_path / "out" / "trial_0002.log").read_text()
    # QED is the lower of the components, so that a third trial, with more of it, has the lowest scores.
    more = [*command, "keys={objective.components.0.weight: [1, 1.5, 2]}", "scheduler.grace=1", "scheduler.reduction=2"]
    assert subprocess.run(more, capture_output=True, text=True, timeout=900).returncode == 0
    ends = json.loads((tmp_path / "out" / "trials.json").read_text())
    assert [each["end"]["state"] for each in ends.values()] == ["done", "done", "stopped"]
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "out" / "trial_0001").iterdir()} == finished


def wait_for(condition: Any, process: subprocess.Popen[str], seconds: float = 900.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert process.poll() is None, process.communicate()[1]
        assert time.monotonic() < end
        time.sleep(0.2)
