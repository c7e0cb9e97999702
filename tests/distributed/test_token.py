"""A cluster of `ray start` asks for the token of the user's own Ray, and gets it; one without tokens gets none."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from molgan.distributed.session import explain_refusal

CONNECT = """
import sys
from molgan.base.errors import RunError
from molgan.distributed.session import ray_session
try:
    with ray_session(0, sys.argv[1]):
        import ray
        print("processors", ray.cluster_resources()["CPU"])
        class Adds:
            def add(self, number):
                return number + 1
        print("an actor", ray.get(ray.remote(num_cpus=1)(Adds).remote().add.remote(2), timeout=120))
except RunError as error:
    sys.exit(f"molgan: {error}")
"""


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """That of a user with a token in the usual place."""
    for name in ("RAY_AUTH_MODE", "RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH", "RAY_ADDRESS"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / ".ray").mkdir()
    (tmp_path / ".ray" / "auth_token").write_text("0123456789abcdef" * 4)
    (tmp_path / ".ray" / "auth_token").chmod(0o600)
    return {**os.environ, "HOME": str(tmp_path), "RAY_USAGE_STATS_ENABLED": "0"}


@contextmanager
def start_cluster(environment: dict[str, str]) -> Iterator[str]:
    """A cluster that this user has started; its address."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    ray = Path(sys.executable).parent / "ray"
    command = [str(ray), "start", "--head", "--node-ip-address=127.0.0.1", f"--port={port}", "--num-cpus=3", "--block"]
    command.append("--include-dashboard=false")
    pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    with subprocess.Popen(command, env=environment, text=True, process_group=0, **pipes) as process:
        try:
            told: list[str] = []
            while not any("Ray runtime started" in line for line in told):
                assert process.stdout is not None
                told.append(process.stdout.readline())
                assert told[-1], told
            yield f"127.0.0.1:{port}"
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)


def connect(address: str, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", CONNECT, address]
    return subprocess.run(command, env=environment, text=True, capture_output=True, timeout=300)


@pytest.mark.slow
def test_an_address_gets_the_token_of_this_user(environment: dict[str, str]) -> None:
    with start_cluster(environment) as address:
        found = connect(address, environment)
        wrong = connect(address, {**environment, "RAY_AUTH_TOKEN": "f" * 64})
    assert found.stdout == "processors 3.0\nan actor 3\n", found.stderr
    assert wrong.returncode == 1 and wrong.stdout == ""
    told = wrong.stderr.strip().splitlines()[-1]
    assert told.startswith(f"molgan: Ray at {address} cannot be reached: "), wrong.stderr


@pytest.mark.slow
def test_a_cluster_without_tokens_gets_none(environment: dict[str, str]) -> None:
    """It was joined with one, and could not reach the owner of actors any more: each died before it had started."""
    with start_cluster({**environment, "RAY_AUTH_MODE": "disabled"}) as address:
        found = connect(address, environment)
    assert found.stdout == "processors 3.0\nan actor 3\n", found.stderr


def test_what_to_do_about_a_token_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RAY_AUTH_MODE", raising=False)
    told = explain_refusal(RuntimeError("Unauthorized: Missing authentication token"))
    assert told.startswith(
        "it asks for a token, and none was sent: put the cluster's token (`ray get-auth-token` there)"
    )
    monkeypatch.setenv("RAY_AUTH_MODE", "token")
    monkeypatch.delenv("RAY_AUTH_TOKEN", raising=False)
    monkeypatch.delenv("RAY_AUTH_TOKEN_PATH", raising=False)
    assert "refuses the one of " in explain_refusal(RuntimeError("Authentication failed"))
    assert "auth_token" in explain_refusal(RuntimeError("Authentication failed"))
    assert explain_refusal(ConnectionError("no route to host\nmore")) == "no route to host"
