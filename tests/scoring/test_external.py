"""Commands and servers that answer, err, hang, talk nonsense, or die."""

import json
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from molgan.base.errors import ConfigError
from molgan.scoring.objective import Objective
from molgan.scoring.registry import get_scorer
from molgan.scoring.score_cache import clear_caches
from molgan.scoring.settings import ObjectiveSettings

SMILES = ["C", "CC", "CCC", "CCCC", "broken("]
LENGTHS = [1, 2, 3, 4, np.nan]


@pytest.fixture(autouse=True)
def forget():
    clear_caches()


def command(body):
    start = "import json, os, subprocess, sys, time; smiles = sys.stdin.read().split(); "
    return [sys.executable, "-S", "-c", start + body]


ANSWERS = [
    "print(json.dumps([len(s) for s in smiles]))",
    "print(json.dumps({'version': 1, 'payload': {'predictions': [len(s) for s in smiles]}}))",
]


@pytest.mark.parametrize("body", ANSWERS)
def test_a_command_answers_in_json(body):
    scores = get_scorer("process", command=command(body))(SMILES)
    np.testing.assert_array_equal(scores.values, LENGTHS)
    assert scores.errors[4].startswith("not a SMILES")


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("print('hello')", "the answer is not JSON: 'hello\\n'"),
        ("print('[1]') if 'CCC' in smiles else print(json.dumps([len(s) for s in smiles]))", None),
        ("sys.exit('no licence')", "exit code 1: no licence"),
        ("print(json.dumps(['much'] * len(smiles)))", "scorer gave 'much', not a number"),
        ("print('[' + ', '.join(['1e999'] * len(smiles)) + ']')", "scorer gave infinity"),
        ("print(json.dumps([10**400] * len(smiles)))", "scorer gave a number that is too large"),
        ("print(json.dumps([None] * len(smiles)))", "scorer gave no value"),
        ("os.kill(os.getpid(), 9)", "exit code -9"),
    ],
)
def test_what_goes_wrong_is_told(body, reason):
    scores = get_scorer("process", command=command(body), retries=0)(["C", "CC", "CCC"])
    if reason is not None:
        assert scores.errors == [reason] * 3
    else:
        # A batch that fails is halved; alone, the one value is enough for the molecule that caused it.
        np.testing.assert_array_equal(scores.values, [1, 2, 1])


def test_a_command_that_hangs_is_killed_with_its_children(tmp_path):
    child = tmp_path / "child"
    body = (
        "print(json.dumps([1] * len(smiles))); 'CC' in smiles or sys.exit(); "
        f"p = subprocess.Popen(['sleep', '600']); open({str(child)!r}, 'w').write(str(p.pid)); time.sleep(600)"
    )
    scores = get_scorer("process", command=command(body), timeout=3, retries=0)(["C", "CC"])
    assert scores.errors == [None, "took longer than 3 s"]
    deadline = time.monotonic() + 30
    while Path(f"/proc/{child.read_text()}").exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not Path(f"/proc/{child.read_text()}").exists()


def test_an_interrupt_does_not_wait_for_a_command(tmp_path):
    started = tmp_path / "started"
    component = {
        "scorer": "process",
        "parameters": {"command": command(f"open({str(started)!r}, 'w'); time.sleep(600)"), "batch": 1},
        "transform": {"name": "identity"},
    }
    objective = Objective(ObjectiveSettings.model_validate({"components": [component]}))
    tables = []
    thread = threading.Thread(target=lambda: tables.append(objective(["C", "CC", "CCC"])))
    thread.start()
    while not started.exists():
        time.sleep(0.05)
    objective.close()
    thread.join(30)
    assert tables[0].errors[1:] == ["process: not scored: closed"] * 2


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        given = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.calls.append(given)
        with self.server.lock:
            self.server.running += 1
            self.server.most = max(self.server.most, self.server.running)
        time.sleep(self.server.delay)
        status, answer = self.server.answer(given, self.headers)
        with self.server.lock:
            self.server.running -= 1
        content = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        pass


@pytest.fixture
def server():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.calls, server.lock, server.running, server.most, server.delay = [], threading.Lock(), 0, 0, 0
    server.answer = lambda given, headers: (200, {"scores": [len(text) for text in given["smiles"]]})
    server.url = f"http://127.0.0.1:{server.server_address[1]}/score"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def test_a_server_answers(server):
    scores = get_scorer("rest", url=server.url, body={"model": "m1"}, batch=3)(SMILES)
    np.testing.assert_array_equal(scores.values, LENGTHS)
    assert server.calls == [{"model": "m1", "smiles": ["C", "CC", "CCC"]}, {"model": "m1", "smiles": ["CCCC"]}]


def test_a_secret_is_sent_and_kept_nowhere(server, monkeypatch):
    monkeypatch.setenv("SCORE_TOKEN", "s3cret")
    server.answer = lambda given, headers: (200 if headers["Authorization"] == "Bearer s3cret" else 401, [1])
    headers = {"Authorization": "Bearer ${SCORE_TOKEN}"}
    scorer = get_scorer("rest", url=server.url, headers=headers)
    assert scorer(["C"]).errors == [None]
    assert "s3cret" not in scorer.parameters.model_dump_json() + scorer.key
    monkeypatch.delenv("SCORE_TOKEN")
    with pytest.raises(ConfigError, match="the environment variable SCORE_TOKEN is not set"):
        get_scorer("rest", url=server.url, headers=headers)


def test_a_server_that_is_busy_is_asked_again(server):
    server.answer = lambda given, headers: (503, "busy") if len(server.calls) < 3 else (200, [7] * len(given["smiles"]))
    assert get_scorer("rest", url=server.url, backoff=0.01)(["C", "CC"]).values.tolist() == [7, 7]
    assert len(server.calls) == 3


def test_one_molecule_that_breaks_a_server_costs_no_other_its_value(server):
    server.answer = lambda given, headers: (500, "?") if "CCC" in given["smiles"] else (200, [1] * len(given["smiles"]))
    scores = get_scorer("rest", url=server.url, retries=0)(SMILES[:4])
    assert scores.errors == [None, None, "HTTP 500 Internal Server Error", None]


def test_a_server_that_is_away_is_given_up(server):
    server.answer = lambda given, headers: (404, "")
    scores = get_scorer("rest", url=server.url, batch=1)(["C" * n for n in range(1, 30)])
    assert len(server.calls) == 1
    assert scores.errors[0] == "HTTP 404 Not Found" and scores.errors[-1] == "not scored: HTTP 404 Not Found"
    gone = get_scorer("rest", url="http://127.0.0.1:9/", retries=0, batch=1)(["C" * n for n in range(1, 30)])
    assert "refused" in gone.errors[0] and gone.errors[-1].startswith("not scored: 10 calls in a row failed")


def test_calls_at_the_same_time_are_capped_by_the_component(server):
    server.delay = 0.2
    component = {
        "scorer": "rest",
        "parameters": {"url": server.url, "batch": 1},
        "concurrency": 3,
        "timeout": 20,
        "transform": {"name": "step", "low": 1, "high": 9},
    }
    objective = Objective(ObjectiveSettings.model_validate({"components": [component]}))
    assert objective._components[0].isolated is None
    assert objective(["C" * n for n in range(1, 9)]).total.tolist() == [1.0] * 8
    assert server.most == 3


def test_a_server_that_hangs_is_late(server):
    server.delay = 3
    scores = get_scorer("rest", url=server.url, timeout=0.3, retries=0)(["C"])
    assert scores.errors == ["took longer than 0.3 s"]


@pytest.mark.parametrize(
    ("name", "parameters", "message"),
    [
        ("process", {"command": ["no-such-program"]}, "program 'no-such-program' not found"),
        ("process", {"command": []}, "at least 1 item"),
        ("rest", {"url": "ftp://x"}, "not an http:// or https:// address"),
        ("rest", {"url": "https://me:pw@host/"}, "leave the password out of the address"),
    ],
)
def test_what_cannot_work_is_refused(name, parameters, message):
    with pytest.raises(ConfigError, match=message):
        get_scorer(name, **parameters)


def endpoints(scorer, *places, **call):
    parts = [
        {"scorer": scorer, "name": name, "weight": weight, "transform": {"name": "linear", "low": low, "high": 9}}
        | {"parameters": {**call, **place}}
        for name, weight, low, place in places
    ]
    return Objective(ObjectiveSettings.model_validate({"components": parts}))


LONG, ODD = ("long", 1, 0, {"field": "length"}), ("odd", 0, 0, {"field": "odd"})


@pytest.mark.parametrize(
    ("answer", "places"),
    [
        (lambda s: {"results": [{"length": len(t), "odd": len(t) % 2} for t in s]}, (LONG, ODD)),
        (lambda s: {"length": [len(t) for t in s], "odd": [len(t) % 2 for t in s]}, (LONG, ODD)),
        (lambda s: {"payload": {"length": [len(t) for t in s], "odd": [len(t) % 2 for t in s]}}, (LONG, ODD)),
        (
            lambda s: [[len(t), len(t) % 2] for t in s],
            (("long", 1, 0, {"field": 0}), ("odd", 0, 0, {"field": 1})),
        ),
        (
            lambda s: {"a": {"b": [len(t) for t in s]}, "c": [len(t) % 2 for t in s]},
            (("long", 1, 0, {"answer": "a.b"}), ("odd", 0, 0, {"answer": "c"})),
        ),
    ],
)
def test_endpoints_of_one_call_are_components(server, answer, places):
    server.answer = lambda given, headers: (200, answer(given["smiles"]))
    table = endpoints("rest", *places, url=server.url, batch=2)(SMILES)
    np.testing.assert_array_equal(table.raw["long"], LENGTHS)
    np.testing.assert_array_equal(table.raw["odd"], [1, 0, 1, 0, np.nan])
    assert [call["smiles"] for call in server.calls] == [["C", "CC"], ["CCC", "CCCC"]]


def test_a_command_is_called_once_for_its_endpoints(tmp_path):
    calls = tmp_path / "calls"
    body = (
        f"open({str(calls)!r}, 'a').write('call\\n'); "
        "print(json.dumps([{'length': len(s), 'odd': len(s) % 2} for s in smiles]))"
    )
    table = endpoints("process", LONG, ODD, command=command(body))(SMILES)
    np.testing.assert_array_equal(table.raw["odd"], [1, 0, 1, 0, np.nan])
    assert calls.read_text() == "call\n"


def test_what_has_no_value_is_asked_again_with_the_next_list(server):
    server.answer = lambda given, headers: (200, [{"length": None, "odd": 1}] * len(given["smiles"]))
    objective = endpoints("rest", LONG, ODD, url=server.url)
    assert objective(["C"]).errors == ["long: scorer gave no value"]
    assert len(server.calls) == 1
    objective(["C"])
    assert len(server.calls) == 2


def test_a_field_that_is_not_there_is_told(server):
    server.answer = lambda given, headers: (200, [{"length": 1}] * len(given["smiles"]))
    scores = get_scorer("rest", url=server.url, field="lenght")(["C", "CC"])
    assert scores.errors == ["no 'lenght' in the answer, which has length"] * 2
    server.answer = lambda given, headers: (200, {"length": [1, 1], "odd": [1, 1]})
    scores = get_scorer("rest", url=server.url, field="lenght")(["C", "CC"])
    assert scores.errors == ["no 'lenght' in the answer, which has length, odd"] * 2
    assert len(server.calls) == 2


def test_a_molecule_with_a_veto_is_not_sent(server):
    component = {"scorer": "rest", "transform": {"name": "linear", "low": 0, "high": 9}}
    component["parameters"] = {"url": server.url}
    settings = ObjectiveSettings.model_validate({"components": [component, {"scorer": "brenk"}]})
    table = Objective(settings)(["O=CCC", "CCO"])
    assert [call["smiles"] for call in server.calls] == [["CCO"]]
    assert table.errors == ["not asked: brenk is 0", None]
