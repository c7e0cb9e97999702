"""A run that is asked to stop saves, leaves, tells so, and ends as the undisturbed one, byte for byte."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from molgan.base.errors import ConfigError, InputError, RunError
from molgan.base.progress import Silent
from molgan.base.stopping import VARIABLE, Stopped, leave_if_asked, stop_on_sigterm, take_sigterm_back
from molgan.campaign import run
from molgan.campaign.run_folder.run_log import FILE, read_log
from molgan.campaign.run_folder.stop_run import find_worker, stop_run
from molgan.cli import app
from tests.campaign.conftest import Configure

ROOT = Path(__file__).parents[2]
LEFT = ("library.csv", "rejected.csv", "metrics.jsonl")


class Terminate(Silent):
    """Sends SIGTERM to this process when a task has advanced for the first time."""

    def __init__(self, task: str) -> None:
        self._task: str | None = task

    def advance(self, task: str, done: int = 1, **figures: float) -> None:
        if task == self._task:
            self._task = None
            os.kill(os.getpid(), signal.SIGTERM)


@pytest.mark.parametrize("task", ["adversarial", "reinforce", "sample"])
def test_a_run_leaves_at_a_checkpoint_and_goes_on(task: str, configure: Configure, finished: Path) -> None:
    config = configure()
    with stop_on_sigterm(), pytest.raises(Stopped):
        run(config, progress=Terminate(task))
    folder = config.folder
    assert not (folder / "library.csv").exists()
    rows = read_log(str(folder))
    assert rows[-1]["text"].startswith("stopped") and rows[-1]["job"] == "mini"
    assert all(row["node"] and row["process"] == os.getpid() for row in rows)
    assert task in {row.get("stage") for row in rows} | {row.get("task") for row in rows}
    run(config)
    for name in LEFT:
        assert (folder / name).read_bytes() == (finished / name).read_bytes(), name
    assert read_log(str(folder))[-1]["text"] == "the run is done"


@pytest.mark.slow
def test_a_run_on_ray_leaves_at_a_checkpoint_and_goes_on(configure: Configure, finished: Path) -> None:
    pytest.importorskip("ray")
    config = configure("compute.workers=1")
    with stop_on_sigterm(), pytest.raises(Stopped):
        run(config, progress=Terminate("reinforce"))
    assert not (config.folder / "library.csv").exists()
    run(config)
    for name in LEFT:
        assert (config.folder / name).read_bytes() == (finished / name).read_bytes(), name


def test_a_handler_of_a_library_is_replaced() -> None:
    with pytest.raises(Stopped), stop_on_sigterm():
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        take_sigterm_back()
        for _ in range(2):
            os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(60)
    before = signal.getsignal(signal.SIGTERM)
    take_sigterm_back()
    assert signal.getsignal(signal.SIGTERM) is before


def test_what_saves_nothing_in_time_is_broken_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "0.2")
    began = time.monotonic()
    with pytest.raises(Stopped), stop_on_sigterm():
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(60)
    assert time.monotonic() - began < 30
    with stop_on_sigterm():
        leave_if_asked()  # what was asked of another run does not count
    monkeypatch.setenv(VARIABLE, "soon")
    with pytest.raises(ConfigError, match="no number of seconds"), stop_on_sigterm():
        pass


def test_a_second_signal_breaks_off_at_once() -> None:
    with pytest.raises(Stopped), stop_on_sigterm():
        os.kill(os.getpid(), signal.SIGTERM)
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(60)


def test_a_process_of_another_machine_is_never_signalled(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not a run folder"):
        find_worker(tmp_path)
    (tmp_path / "config.yaml").write_text("{}")
    assert stop_run(tmp_path, 1) is None
    # Holds the lock, whose content is the number of a process that does not, as it may be on a shared disk.
    hold = (
        "import fcntl, sys, time; file = open(sys.argv[1], 'w'); fcntl.flock(file, fcntl.LOCK_EX); "
        "file.write(sys.argv[2]); file.flush(); print('held', flush=True); time.sleep(600)"
    )
    other = subprocess.Popen(["sleep", "600"])
    command = [sys.executable, "-c", hold, str(tmp_path / ".lock"), str(other.pid)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as holder:
        try:
            assert holder.stdout and holder.stdout.readline() == b"held\n"
            with pytest.raises(RunError, match="none of yours here"):
                stop_run(tmp_path, 1)
            assert other.poll() is None and holder.poll() is None
        finally:
            holder.kill()
            other.kill()
            other.wait()


def test_the_verbs_stop_a_run_and_show_what_it_told(home: Path, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    verbs = CliRunner()
    found = verbs.invoke(app, ["stop", str(folder)])
    assert found.exit_code == 2 and "not a run folder" in found.stderr
    command = [sys.executable, "-m", "molgan", "run", str(home / "mini.yaml"), f"out={folder}", "reinforce.steps=4000"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, stderr=subprocess.PIPE, env=environment, text=True) as process:
        try:
            deadline = time.monotonic() + 300
            while "reinforce" not in str(read_log(str(folder))) and time.monotonic() < deadline:
                time.sleep(0.2)
            found = verbs.invoke(app, ["stop", str(folder), "--wait", "120"])
            assert (found.exit_code, found.stdout) == (0, f"{folder}: process {process.pid} has left\n")
            assert process.wait(60) == 143
            assert process.stderr and "goes on from the last checkpoint" in process.stderr.read()
        finally:
            process.kill()
    assert "nothing is at work there" in verbs.invoke(app, ["stop", str(folder)]).stdout
    found = verbs.invoke(app, ["logs", str(folder)])
    assert found.exit_code == 0 and "reinforce" in found.stdout
    assert found.stdout.splitlines()[-1].endswith("stopped; the same command goes on from the last checkpoint")
    rows = [json.loads(line) for line in verbs.invoke(app, ["logs", str(folder), "--json", "-f"]).stdout.splitlines()]
    assert rows == read_log(str(folder)) and {"job", "node", "process"} <= rows[0].keys()


def test_a_damaged_line_of_a_log_is_shown_and_a_half_one_waited_for(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text('{"event": "message", "text": "one"}\n\x00[1]\n[2]\n{"event": "mess')
    assert [row["text"][:12] for row in read_log(str(tmp_path))] == ["one", "damaged line", "damaged line"]
    assert read_log(str(tmp_path), skip=3) == []
