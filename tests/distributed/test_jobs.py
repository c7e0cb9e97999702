"""Jobs, their status and what they log."""

import json
import os
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import molgan
from molgan.base.errors import InputError, RunError
from molgan.campaign.run_folder.status import read_status
from molgan.cli import app
from molgan.config import load_config
from molgan.distributed import jobs


def test_what_a_job_needs_travels_and_nothing_else(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "hush-hush")
    sent: dict[str, Any] = {}

    class Client:
        def submit_job(self, **job: Any) -> str:
            sent.update(job)
            folder = Path(job["runtime_env"]["working_dir"])
            sent["files"] = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
            sent["config"] = load_config(folder / "job.yaml")
            sent["content"] = b"".join(path.read_bytes() for path in folder.glob("*.yaml"))
            return "job-1"

    monkeypatch.setattr(jobs, "_connect", lambda address: Client())
    values = load_config(home / "mini.yaml", ["out=s3://bucket/run"]).model_dump(mode="json")
    assert jobs.submit("run", values, "http://127.0.0.1:8265", options=["--log", "json"]) == 0
    assert sent["entrypoint"] == "python -m molgan --log json run job.yaml"
    assert sent["runtime_env"].keys() == {"working_dir"}  # no environment variables
    assert b"hush-hush" not in sent["content"]
    assert "molgan/__main__.py" in sent["files"] and not any("__pycache__" in name for name in sent["files"])
    config = sent["config"]
    assert config.out == "s3://bucket/run"
    assert "/inputs/" in str(config.data.train) and config.data.train.name == "train.smi"
    assert "/inputs/" in config.generator.weights

    wheel = tmp_path / "molgan-9-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("molgan/__init__.py", "")
    jobs.submit("run", values, "http://127.0.0.1:8265", wheel=wheel)
    assert {name for name in sent["files"] if name.startswith("molgan/")} == {"molgan/__init__.py"}


def test_own_scorers_and_programs_travel(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mine.py").write_text("def carbons(mol):\n    return 1.0\n")
    (tmp_path / "dock.sh").write_text("#!/bin/sh\n")
    (tmp_path / "dock.sh").chmod(0o755)
    components = [
        {"scorer": f"{tmp_path}/mine.py:carbons"},
        {"scorer": "process", "name": "dock", "parameters": {"command": [f"{tmp_path}/dock.sh"]}},
    ]
    sent: dict[str, Any] = {}

    class Client:
        def submit_job(self, **job: Any) -> str:
            folder = Path(job["runtime_env"]["working_dir"])
            own, program = json.loads((folder / "job.yaml").read_text())["objective"]["components"]
            where, _, sent["name"] = own["scorer"].rpartition(":")
            sent["own"] = (folder / where).read_text()
            sent["mode"] = (folder / program["parameters"]["command"][0]).stat().st_mode & 0o777
            return "job-1"

    monkeypatch.setattr(jobs, "_connect", lambda address: Client())
    values = load_config(home / "mini.yaml", ["out=s3://bucket/run"]).model_dump(mode="json")
    values["objective"]["components"] = components
    jobs.submit("run", values, "http://127.0.0.1:8265")
    assert sent == {"name": "carbons", "own": (tmp_path / "mine.py").read_text(), "mode": 0o755}


def test_a_token_that_is_refused_is_told_in_a_line(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Refused(Exception):
        pass

    Refused.__name__ = "AuthenticationError"  # Ray's is no ValueError or RuntimeError, and has 40 lines

    def refuse(address: str) -> None:
        raise Refused("Token authentication is enabled\nmany\nlines")

    monkeypatch.setattr(jobs, "_connect", refuse)
    monkeypatch.setenv("RAY_AUTH_MODE", "token")
    monkeypatch.setenv("RAY_AUTH_TOKEN", "wrong")
    found = CliRunner().invoke(app, ["submit", str(home / "mini.yaml"), "out=/shared/run", "--address", "http://h:1"])
    assert found.exit_code == 2
    assert found.stderr.count("\n") == 1
    assert "it asks for a token, and refuses the one of RAY_AUTH_TOKEN: put the cluster's token" in found.stderr


@pytest.mark.parametrize(
    ("name", "verb"), [("druglike", "run"), ("moses_prior", "train"), ("molgan_paper_qm9", "train")]
)
def test_each_kind_of_configuration_gets_its_verb(name: str, verb: str, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[str] = []

    class Client:
        def submit_job(self, **job: Any) -> str:
            sent.append(job["entrypoint"])
            return "job-1"

    monkeypatch.setattr(jobs, "_connect", lambda address: Client())
    config = Path(__file__).parents[2] / "configs" / f"{name}.yaml"
    found = CliRunner().invoke(app, ["submit", str(config), "out=/shared/run", "--no-follow"])
    assert found.exit_code == 0, found.output
    assert sent == [f"python -m molgan --log plain {verb} job.yaml"]


def test_results_that_would_go_with_the_job_are_refused(home: Path) -> None:
    found = CliRunner().invoke(app, ["submit", str(home / "mini.yaml"), "out=runs/x"])
    assert found.exit_code == 2
    assert "out: runs/x would be deleted with the job's own folder" in found.stderr


def test_a_cluster_that_is_not_there_is_told_in_a_line(home: Path) -> None:
    address = "http://127.0.0.1:9"
    found = CliRunner().invoke(app, ["submit", str(home / "mini.yaml"), "out=/shared/run", "--address", address])
    assert found.exit_code == 2
    assert found.stderr.startswith(f"molgan: Ray's job server at {address}: ") and found.stderr.count("\n") == 1


def test_the_log_is_told_once_and_the_exit_code_given(monkeypatch: pytest.MonkeyPatch) -> None:
    class Client:
        def __init__(self) -> None:
            self.tails = iter([["one\n", "two\n", RuntimeError("connection lost")], ["one\ntw", "o\nthree\n"]])
            self.states = iter([False, True])

        async def tail_job_logs(self, job: str) -> Any:
            for text in next(self.tails):
                if isinstance(text, Exception):
                    raise text
                yield text

        def get_job_status(self, job: str) -> Any:
            over = next(self.states)
            return type("Status", (), {"is_terminal": lambda _: over})()

        def get_job_info(self, job: str) -> Any:
            return type("Details", (), {"driver_exit_code": 3})()

    client = Client()
    monkeypatch.setattr(jobs, "_connect", lambda address: client)
    log: list[str] = []
    assert jobs.follow("job-1", "http://127.0.0.1:8265", log.append) == 3
    assert "".join(log) == "one\ntwo\nthree\n"


@pytest.fixture
def run_folder(tmp_path: Path) -> Path:
    """Of a campaign whose second stage is at work."""
    folder = tmp_path / "run"
    (folder / "checkpoints/adversarial").mkdir(parents=True)
    (folder / "checkpoints/reinforce").mkdir()
    (folder / "config.yaml").write_text("name: mini\nadversarial: {}\nreinforce: {}\nsample: {n: 5}\n")
    (folder / "checkpoints/adversarial/stage.json").write_text("{}")
    (folder / "checkpoints/adversarial/done.json").write_text('{"key": "k", "seconds": 4.2, "counts": {"critic": {}}}')
    (folder / "checkpoints/reinforce/stage.json").write_text('{"key": "k"}')
    rows = [{"stage": "critic", "step": 9, "auc": 0.6}, {"stage": "reinforce", "step": 7, "steps": 9, "score": 0.5}]
    (folder / "metrics.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows) + '{"stage": "rein')
    return folder


def test_status_tells_how_far_a_run_has_come(run_folder: Path) -> None:
    found = CliRunner().invoke(app, ["status", str(run_folder)])
    assert found.exit_code == 0
    lines = found.stdout.splitlines()
    assert lines[0].startswith("mini: not done, written ")
    assert [line.split() for line in lines[1:]] == [
        ["adversarial", "done", "4", "s"],
        ["reinforce", "at", "work", "step", "7/9", "score", "0.5"],
        ["library", "waiting"],
        ["evaluation", "waiting"],
        ["reference", "waiting"],
        ["report", "waiting"],
    ]
    as_json = json.loads(CliRunner().invoke(app, ["status", f"file://{run_folder}", "--json"]).stdout)
    assert as_json["stages"][1]["metrics"]["score"] == 0.5
    assert as_json["done"] is False


def test_status_of_nothing_is_an_error_of_one_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"not a run folder \(config.yaml is missing\)"):
        read_status(str(tmp_path))
    with pytest.raises(InputError):
        read_status("memory://nothing")


def test_a_log_for_machines_is_one_object_a_line(tmp_path: Path) -> None:
    (tmp_path / "in.smi").write_text("CCO\nCCN\n")
    arguments = [
        "--log",
        "json",
        "score",
        str(tmp_path / "in.smi"),
        "--scorers",
        "qed",
        "--output",
        str(tmp_path / "out.csv"),
    ]
    found = CliRunner().invoke(app, arguments)
    assert found.exit_code == 0, found.stderr
    rows = [json.loads(line) for line in found.stderr.splitlines()]
    assert rows and all(row["time"].endswith("+00:00") for row in rows)
    assert {row["event"] for row in rows} <= {"start", "progress", "finish", "message"}
    found = CliRunner().invoke(app, ["--log", "json", "run", str(tmp_path / "no.yaml")])
    assert found.exit_code == 2
    (row,) = [json.loads(line) for line in found.stderr.splitlines()]
    assert row["event"] == "error" and "no.yaml" in row["text"]


@pytest.mark.slow
def test_a_job_runs_on_a_cluster_and_ends_as_its_command(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import ray
    from molgan_toy_campaign import drive, libraries_differ

    # The cluster's `python` is this one.
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    context = ray.init("local", num_cpus=4, include_dashboard=True, dashboard_host="127.0.0.1", log_to_driver=False)
    try:
        address = f"http://{context.dashboard_url}"
        arguments = ["submit", str(home / "mini.yaml"), f"out=file://{tmp_path}/run", "compute.workers=2"]
        found = CliRunner().invoke(app, [*arguments, "sample={n: 40, round: 20}", "--address", address])
        assert found.exit_code == 0, found.output
        assert "molecules in" in found.stdout
        short = "sample={target: 500, budget: 20, round: 20}"
        found = CliRunner().invoke(app, [*arguments, short, "--address", address])
        assert found.exit_code == 3, found.output
    finally:
        ray.shutdown()
    assert read_status(f"file://{tmp_path}/run").done
    assert molgan.__version__ in (tmp_path / "run" / "manifest.json").read_text()
    drive(str(home), [f"out={tmp_path / 'here'}", "compute.workers=2", short])
    assert not libraries_differ(tmp_path / "run", tmp_path / "here")


def test_a_job_that_ray_ends_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    class Client:
        async def tail_job_logs(self, job: str) -> Any:
            yield ""

        def get_job_status(self, job: str) -> Any:
            return type("Status", (), {"is_terminal": lambda _: True})()

        def get_job_info(self, job: str) -> Any:
            status = type("State", (), {"value": "FAILED"})
            return type("Details", (), {"driver_exit_code": None, "status": status, "message": "node died"})()

    monkeypatch.setattr(jobs, "_connect", lambda address: Client())
    with pytest.raises(RunError, match="job job-1: failed: node died"):
        jobs.follow("job-1", "http://127.0.0.1:8265", lambda text: None)
