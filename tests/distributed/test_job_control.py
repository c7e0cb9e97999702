"""Jobs are found by what their users know of them, stopped, and read."""

from dataclasses import dataclass, field
from typing import Any

import pytest
from typer.testing import CliRunner

from molgan.base.errors import InputError, RunError
from molgan.cli import app
from molgan.distributed import job_control

ADDRESS = "http://127.0.0.1:8265"


@dataclass
class State:
    over: bool

    def is_terminal(self) -> bool:
        return self.over


@dataclass
class Job:
    submission_id: str | None
    start_time: int
    over: bool = False
    metadata: dict[str, str] | None = None

    @property
    def status(self) -> State:
        return State(self.over)


@dataclass
class Client:
    jobs: list[Job]
    stops: bool = True
    stopped: list[str] = field(default_factory=list)

    def list_jobs(self) -> list[Job]:
        return self.jobs

    def get_job_status(self, name: str) -> State:
        return next(job.status for job in self.jobs if job.submission_id == name)

    def stop_job(self, name: str) -> None:
        self.stopped.append(name)
        next(job for job in self.jobs if job.submission_id == name).over = self.stops

    def get_job_logs(self, name: str) -> str:
        return f"log of {name}\n"


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Client:
    about = {"name": "quickstart", "out": "s3://bucket/run/"}
    jobs = [
        Job("raysubmit_1", 1, True, about),
        Job("raysubmit_2", 2, False, about),
        Job("raysubmit_3", 3, True, about),
        Job("raysubmit_4", 4, False, {"name": "other"}),
        Job(None, 5),
        Job("raysubmit_6", 6),
    ]
    made = Client(jobs)
    monkeypatch.setattr(job_control, "_connect", lambda address: made)
    monkeypatch.setattr(job_control, "_SECONDS_BETWEEN_LOOKS", 0.01)
    return made


@pytest.mark.parametrize(
    ("name", "found"),
    [("raysubmit_3", 3), ("quickstart", 2), ("s3://bucket/run", 2), ("other", 4), ("raysubmit_6", 6)],
)
def test_of_several_the_one_at_work_is_meant(name: str, found: int, client: Client) -> None:
    assert job_control.find_job(name, ADDRESS) == f"raysubmit_{found}"
    client.jobs[1].over = True
    assert job_control.find_job("quickstart", ADDRESS) == "raysubmit_3"


def test_what_is_not_there_is_told_with_the_nearest_name(client: Client) -> None:
    with pytest.raises(InputError, match="no job 'quickstat', did you mean 'quickstart'"):
        job_control.find_job("quickstat", ADDRESS)
    client.jobs.clear()
    with pytest.raises(InputError, match="it has none"):
        job_control.find_job("quickstart", ADDRESS)


def test_the_verbs_stop_and_read_a_job(client: Client, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RAY_API_SERVER_ADDRESS", raising=False)
    verbs = CliRunner()
    found = verbs.invoke(app, ["stop", "s3://bucket/run", "--address", ADDRESS])
    assert (found.exit_code, found.stdout) == (0, "job raysubmit_2 has been stopped\n") and client.stopped == [
        "raysubmit_2"
    ]
    assert "was over" in verbs.invoke(app, ["stop", "raysubmit_1", "--address", ADDRESS]).stdout
    assert verbs.invoke(app, ["logs", "other", "--address", ADDRESS]).stdout == "log of raysubmit_4\n"
    # A folder that is there is meant, whatever cluster the environment names.
    monkeypatch.setenv("RAY_API_SERVER_ADDRESS", ADDRESS)
    found = verbs.invoke(app, ["stop", str(tmp_path)])
    assert found.exit_code == 2 and "not a run folder" in found.stderr
    assert "raysubmit_4" in verbs.invoke(app, ["logs", "other"]).stdout


def test_a_job_that_goes_on_is_an_error(client: Client) -> None:
    client.stops = False
    with pytest.raises(RunError, match=r"at work still after 0\.05 s"):
        job_control.stop_job("raysubmit_2", ADDRESS, 0.05)
