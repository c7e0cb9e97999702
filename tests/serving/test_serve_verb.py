"""The verb as its users type it: what it refuses, what it prints, how it ends; and replicas on Ray."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from molgan.cli import app
from molgan.serving.bearer_token import VARIABLE

TOKEN = "0123456789abcdef"
ROOT = Path(__file__).parents[2]


def refuse(*arguments: str) -> str:
    found = CliRunner().invoke(app, ["serve", *arguments])
    assert found.exit_code == 2 and found.stdout == ""
    return found.stderr


def test_what_would_let_others_in_is_refused(campaign: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    for host in ("0.0.0.0", "::", "192.0.2.1"):
        assert f"--host {host}: others can reach this address" in refuse(str(campaign), "--host", host)
    assert "needs a token" in refuse(str(campaign), "--host", "0.0.0.0", "--ray")
    weak = tmp_path / "token"
    weak.write_text("password\n")
    assert "a token has 16 to" in refuse(str(campaign), "--host", "0.0.0.0", "--token-file", str(weak))
    assert "No such option" in refuse(str(campaign), "--token", TOKEN)


def test_faults_of_the_configuration_come_in_lines(tmp_path: Path) -> None:
    pytest.importorskip("fastapi")
    path = tmp_path / "campaign.yaml"
    path.write_text("objective: {components: [{scorer: qde}]}")
    assert "did you mean 'qed'" in refuse(str(path))
    path.write_text("objective: {components: [{scorer: qed}]}")
    assert "takes no key=value" in refuse(str(path), "seed=1")


@contextmanager
def running(*arguments: str, seconds: int = 120) -> Iterator[tuple[str, "subprocess.Popen[str]"]]:
    """The address of a server that the verb runs, and its process."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])}
    command = [sys.executable, "-m", "molgan", "serve", *arguments]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment)
    assert process.stderr
    try:
        line, deadline = "", time.monotonic() + seconds
        while "http://" not in line and time.monotonic() < deadline and process.poll() is None:
            line = process.stderr.readline()
        found = re.search(r" at (http://[^ ,]+)", line)
        assert found, line
        yield found[1], process
    finally:
        process.kill()
        process.communicate()


def test_a_server_runs_until_it_is_terminated(campaign: Path, ask: Any) -> None:
    pytest.importorskip("fastapi")
    with running(str(campaign), "--port", "0", "--rows", "2", "--processes", "1") as (address, process):
        assert ask(f"{address}/score", {"smiles": ["CCO", "broken("]})[0] == 200
        assert ask(f"{address}/score", {"smiles": ["CCO"] * 3})[0] == 413
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0


@pytest.mark.slow
def test_replicas_on_ray_answer_alike(campaign: Path, ask: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("ray.serve")
    monkeypatch.setenv(VARIABLE, TOKEN)
    arguments = ["--ray", "--replicas", "2", "--cpus", "0.5", "--port", "8719"]
    with running(str(campaign), *arguments, seconds=300) as (address, process):
        assert ask(f"{address}/score", {"smiles": ["CCO"]})[0] == 401
        send = {"Authorization": f"Bearer {TOKEN}"}
        answers = [ask(f"{address}/score", {"smiles": ["CCO", None]}, **send) for _ in range(4)]
        assert answers[0][0] == 200 and all(answer == answers[0] for answer in answers)
        status, answer = ask(f"{address}/filter", {"smiles": ["CCO", "OCC"]}, **send)
        assert status == 200 and [row["stage"] for row in answer["rows"]] == [None, "distinct"]
        process.send_signal(signal.SIGTERM)
        assert process.wait(120) == 0
