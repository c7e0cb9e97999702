"""A server of loopback in a thread, and what a client sends."""

import json
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest

CAMPAIGN = """
data: {train: train.smi}
objective:
  components:
    - {scorer: qed, weight: 2}
    - {scorer: logp, transform: {name: double_sigmoid, low: 0, high: 4.5}}
    - scorer: pains
sample: {n: 10}
filters:
  - valid
  - distinct
  - {filter: size, min: 3, max: 40}
  - {filter: score, min: 0.3}
"""


@pytest.fixture
def campaign(tmp_path: Path) -> Path:
    """A campaign without training."""
    (tmp_path / "train.smi").write_text("CCO\nCCN\nc1ccccc1\n")
    path = tmp_path / "campaign.yaml"
    path.write_text(CAMPAIGN)
    return path


@pytest.fixture
def serving() -> Callable[[Any], AbstractContextManager[tuple[str, "Ask"]]]:
    """A server with an application for as long as a `with` lasts: its address, and a function that asks it, (path, JSON
    or bytes, headers) to status and answer."""
    return _serving


@pytest.fixture
def ask() -> "Ask":
    """Asks a URL."""
    return _ask


Ask = Callable[..., tuple[int, Any]]


@contextmanager
def _serving(app: Any) -> Iterator[tuple[str, Ask]]:
    from molgan.serving.run_server import listen, make_server

    with listen("127.0.0.1", 0) as socket:
        server = make_server(app, connections=64)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [socket]}, daemon=True)
        thread.start()
        address = f"http://127.0.0.1:{socket.getsockname()[1]}"
        deadline = time.monotonic() + 120
        while not server.started and thread.is_alive() and time.monotonic() < deadline:
            time.sleep(0.02)
        assert server.started
        try:
            yield address, lambda path, body=None, **headers: _ask(address + path, body, **headers)
        finally:
            server.should_exit = True
            thread.join(60)


def _ask(url: str, body: Any = None, **headers: str) -> tuple[int, Any]:
    """The status and the answer, as JSON; a POST where there is a body."""
    content = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
    named = {"Content-Type": "application/json"} | {name.replace("_", "-"): text for name, text in headers.items()}
    request = urllib.request.Request(url, content, named)
    try:
        with urllib.request.urlopen(request, timeout=120) as response:
            return response.status, json.loads(response.read())
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.loads(error.read())
