"""Requests, good and bad, at a server of loopback; and the circle from the scorer `rest` to it."""

import hashlib
import socket
import threading
from pathlib import Path
from typing import Any

import pytest

from molgan.chem.molecule import parse
from molgan.scoring.objective import Objective
from molgan.scoring.score_cache import clear_caches
from molgan.scoring.settings import ObjectiveSettings

pytest.importorskip("fastapi")

from molgan.serving.served import Served, load_served
from molgan.serving.settings import ServeSettings
from molgan.serving.web_app import build_app

SMILES = ["CCO", "c1ccccc1O", None, 5, "broken(", ["x"], "OCC", "C", "CC(=O)Oc1ccccc1C(=O)O"]
TOKEN = "0123456789abcdef"
DIGEST = hashlib.sha256(TOKEN.encode()).digest()


@pytest.fixture(autouse=True)
def forget() -> None:
    clear_caches()


@pytest.fixture
def served(campaign: Path) -> Served:
    return load_served(campaign)


def test_rows_have_the_order_and_the_values_of_the_objective(serving: Any, served: Served) -> None:
    texts = [each if isinstance(each, str) else None for each in SMILES]
    table = Objective(served.objective)(texts)
    with serving(build_app(served, ServeSettings(batch=4))) as (_, ask):
        status, answer = ask("/score", {"smiles": SMILES})
        assert status == 200 and [row["smiles"] for row in answer["rows"]] == texts
        for row, total, qed, text in zip(answer["rows"], table.total, table.raw["qed"], texts, strict=True):
            if parse(text).valid:
                assert (row["score"], row["qed"], row["error"]) == (total, qed, None)
            else:
                assert row["score"] is None and row["qed"] is None and row["error"]
        assert answer["rows"][3]["error"] == "not text: int"
        assert ask("/score", {"smiles": []}) == (200, {"rows": []})
        columns = ask("/openapi.json")[1]["paths"]["/score"]["post"]["responses"]["200"]["content"]["application/json"]
        assert columns["schema"]["properties"]["rows"]["items"]["properties"].keys() == answer["rows"][0].keys()


def test_the_scorer_rest_asks_the_server(serving: Any, served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOLGAN_TOKEN", TOKEN)
    smiles = ["CCO", "c1ccccc1O", "CC(=O)Oc1ccccc1C(=O)O", "CCO", "not a molecule"]
    with serving(build_app(served, ServeSettings(rows=2), DIGEST)) as (address, _):
        call = {"url": f"{address}/score", "headers": {"Authorization": "Bearer ${MOLGAN_TOKEN}"}, "batch": 2}
        same = {"name": "identity"}
        parts: list[Any] = [
            {"scorer": "rest", "name": "total", "transform": same, "parameters": {**call, "field": "score"}},
            {"scorer": "rest", "name": "theirs", "transform": same, "parameters": {**call, "field": "qed"}},
            {"scorer": "qed", "name": "ours", "transform": same},
        ]
        with Objective(ObjectiveSettings(components=parts)) as circle:
            table = circle(smiles)
    direct = Objective(served.objective)(smiles)
    assert table.raw["total"][:4].tolist() == direct.total[:4].tolist()
    assert table.raw["theirs"][:4].tolist() == table.raw["ours"][:4].tolist()
    assert [error is None for error in table.errors] == [True] * 4 + [False]


def test_odd_values_are_rows_with_reasons(serving: Any, served: Served) -> None:
    odd = b'["\\ud800", 1e999, NaN, -1, true, {"a": [1]}, "C\\u0000C", "", " ", 1' + b"0" * 400 + b', [[[[]]]], "CCO"]'
    with serving(build_app(served, ServeSettings())) as (_, ask):
        status, answer = ask("/score", b'{"smiles": ' + odd + b"}")
        assert status == 200 and len(answer["rows"]) == 12
        assert all(row["error"] and row["score"] is None for row in answer["rows"][:11])
        assert answer["rows"][11]["error"] is None
        status, answer = ask("/filter", b'{"smiles": ' + odd + b"}")
        assert status == 200 and [row["kept"] for row in answer["rows"]] == [False] * 11 + [True]


def test_many_clients_at_once_get_their_own_rows(serving: Any, served: Served) -> None:
    lists = [["C" * (1 + (client + row) % 17) for row in range(23)] for client in range(8)]
    answers: dict[int, Any] = {}
    with serving(build_app(served, ServeSettings(batch=7))) as (_, ask):

        def send(client: int) -> None:
            answers[client] = ask("/score", {"smiles": lists[client]})

        threads = [threading.Thread(target=send, args=(client,)) for client in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(120)
    for client, smiles in enumerate(lists):
        status, answer = answers[client]
        assert status == 200
        assert [row["smiles"] for row in answer["rows"]] == smiles
        assert [row["qed"] for row in answer["rows"]] == Objective(served.objective)(smiles).raw["qed"].tolist()


def test_a_wrong_token_is_refused_and_a_right_one_is_not(serving: Any, served: Served) -> None:
    with serving(build_app(served, ServeSettings(), DIGEST)) as (_, ask):
        for path in ("/score", "/openapi.json", "/nowhere"):
            assert ask(path, {"smiles": ["CCO"]})[0] == 401
            assert ask(path, {"smiles": ["CCO"]}, Authorization="Bearer 0123456789abcdee")[0] == 401
        assert ask("/score", {"smiles": ["CCO"]}, Authorization=f"Bearer {TOKEN}")[0] == 200
        assert ask("/score", {"smiles": ["CCO"]}, Authorization=f"Bearer {TOKEN}", Host="models.example")[0] == 200
        assert ask("/health") == (200, {"status": "ok"})


@pytest.mark.parametrize(
    ("path", "body", "status", "reason"),
    [
        ("/score", {"smiles": ["C"] * 6}, 413, "6 molecules; send at most 5"),
        ("/score", {"smiles": ["C" * 9000]}, 413, "more than 5,000 bytes"),
        ("/score", {"smiles": "CCO"}, 422, "smiles: Input should be a valid list"),
        ("/score", {"smiles": ["CCO"], "scorer": "evil.py:f"}, 422, "scorer: Extra inputs are not permitted"),
        ("/filter", {"smiles": ["CCO"], "filters": []}, 422, "filters: Extra inputs"),
        ("/sample", {"n": 1, "weights": "/etc"}, 422, "weights: Extra inputs"),
        ("/sample", {"n": 6}, 413, "n: 6 molecules, at most 5 are drawn"),
        ("/sample", {"n": 1, "targets": {"weight": 2}}, 422, "no target 'weight'"),
        ("/sample", {"n": 1, "core": "c1ccccc1"}, 422, "core"),
        ("/sample", b'{"n": 1, "temperature": NaN}', 422, "temperature"),
        ("/score", b"[" * 4000, 400, "parsing the body"),
        ("/score", b"{", 422, "JSON decode error"),
        ("/nowhere", {}, 404, "Not Found"),
        ("/docs", None, 404, "Not Found"),
    ],
)
def test_bad_requests_get_their_reason_and_the_next_one_is_served(
    serving: Any, path: str, body: Any, status: int, reason: str, served: Served
) -> None:
    with serving(build_app(served, ServeSettings(rows=5, size=5000))) as (_, ask):
        found, answer = ask(path, body)
        assert (found, list(answer)) == (status, ["error"]) and reason in answer["error"]
        assert ask("/score", {"smiles": ["CCO"]})[0] == 200


def test_a_page_of_another_site_reaches_no_server_without_a_token(serving: Any, served: Served) -> None:
    with serving(build_app(served, ServeSettings())) as (_, ask):
        assert ask("/score", {"smiles": ["CCO"]}, Host="rebound.example:80")[0] == 403
        assert ask("/score", {"smiles": ["CCO"]}, Host="127.0.0.1.example")[0] == 403
        # A browser sends this without asking first; JSON it does not.
        status, answer = ask("/score", b'{"smiles": ["CCO"]}', Content_Type="text/plain")
        assert status == 422 and "application/json" in answer["error"]
        assert ask("/score", {"smiles": ["CCO"]}, Host="localhost:1")[0] == 200


def test_filters_reject_with_reasons_in_order(serving: Any, served: Served) -> None:
    with serving(build_app(served, ServeSettings())) as (_, ask):
        status, answer = ask("/filter", {"smiles": SMILES})
        assert status == 200
        rows = answer["rows"]
        assert [row["kept"] for row in rows] == [True, True, False, False, False, False, False, False, True]
        assert [row["stage"] for row in rows] == [None, None, *["valid"] * 4, "distinct", "size", None]
        assert rows[6]["duplicate_of"] == 0 and all(row["reason"] for row in rows if not row["kept"])
        assert answer["stages"][0] == {"stage": "valid", "entered": 9, "kept": 5}
        # Molecules are compared with those of their own request alone.
        assert ask("/filter", {"smiles": ["OCC"]})[1]["rows"][0]["kept"]


def test_what_is_late_has_that_reason_and_the_rest_its_values(
    serving: Any, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = iter(range(0, 1000, 2))
    monkeypatch.setattr("molgan.serving.web_app.time.monotonic", lambda: float(next(clock)))
    monkeypatch.setattr("molgan.serving.web_app._JUDGED_TOGETHER", 2)
    with serving(build_app(served, ServeSettings(seconds=5, batch=2))) as (_, ask):
        rows = ask("/score", {"smiles": ["CCO"] * 9})[1]["rows"]
        assert [row["error"] is None for row in rows] == [True] * 4 + [False] * 5
        assert (
            rows[8]["error"].startswith("not scored: the request took longer than 5 s")
            and rows[8].keys() == rows[0].keys()
        )
        rows = ask("/filter", {"smiles": ["CCO", "CCCO", "CCCCO", "CCCCCO", "CCCCCCO"]})[1]["rows"]
        assert [row["kept"] for row in rows] == [True] * 4 + [None]
        assert rows[4]["reason"].startswith("not judged")


def test_a_body_that_drips_is_given_up(serving: Any, served: Served) -> None:
    with serving(build_app(served, ServeSettings(patience=0.5))) as (address, _):
        host, _, port = address.removeprefix("http://").partition(":")
        with socket.create_connection((host, int(port)), timeout=60) as client:
            client.sendall(
                b"POST /score HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                b'Content-Length: 100\r\n\r\n{"smiles": ['
            )
            assert b"408" in client.recv(4096).split(b"\r\n")[0]


def test_too_many_requests_come_again(serving: Any, served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, goes_on = threading.Event(), threading.Event()

    def wait(items: list[Any]) -> list[Any]:
        begun.set()
        assert goes_on.wait(60)
        return [{} for _ in items]

    monkeypatch.setattr("molgan.serving.service.Service.score", lambda self, items: wait(items))
    with serving(build_app(served, ServeSettings(requests=1))) as (_, ask):
        first: list[Any] = []
        thread = threading.Thread(target=lambda: first.append(ask("/score", {"smiles": ["CCO"]})))
        thread.start()
        try:
            assert begun.wait(60)
            assert ask("/score", {"smiles": ["CCO"]})[0] == 503
            assert ask("/health")[0] == 200
        finally:
            goes_on.set()
            thread.join(60)
        assert first[0][0] == 200


def test_a_server_of_an_objective_alone_scores_and_does_no_more(serving: Any, tmp_path: Path) -> None:
    path = tmp_path / "objective.yaml"
    path.write_text("objective: {components: [{scorer: qed}]}")
    with serving(build_app(load_served(path), ServeSettings())) as (_, ask):
        assert ask("/score", {"smiles": ["CCO"]})[0] == 200
        assert ask("/filter", {"smiles": ["CCO"]})[0] == 404
        assert ask("/openapi.json")[1]["paths"].keys() == {"/score", "/health"}


def test_a_rank_is_one_among_the_molecules_of_a_request(serving: Any, campaign: Path) -> None:
    served = load_served(campaign, ["objective.aggregation=pareto"])
    assert served.filters is None and any("Pareto" in note for note in served.notes)
    smiles = ["CCO", "c1ccccc1O", "CC(=O)Oc1ccccc1C(=O)O"]
    with serving(build_app(served, ServeSettings(batch=1))) as (_, ask):
        rows = ask("/score", {"smiles": smiles})[1]["rows"]
    assert [row["score"] for row in rows] == Objective(served.objective)(smiles).total.tolist()


def test_an_objective_that_fails_is_told_and_not_why(
    serving: Any, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    from molgan.base.errors import RunError

    def fail(self: Any, items: Any) -> Any:
        raise RunError("/secret/place: cannot be used")

    monkeypatch.setattr("molgan.serving.service.Service.score", fail)
    with serving(build_app(served, ServeSettings())) as (_, ask):
        status, answer = ask("/score", {"smiles": ["CCO"]})
        assert status == 503 and "secret" not in answer["error"]


@pytest.mark.slow
def test_samples_are_those_of_the_same_seed(serving: Any, served: Served) -> None:
    import molgan

    with serving(build_app(served, ServeSettings())) as (_, ask):
        status, answer = ask("/sample", {"n": 5, "seed": 7, "raw": True})
        assert status == 200 and answer["seed"] == 7
        assert [row["smiles"] for row in answer["rows"]] == molgan.sample(5, seed=7, raw=True)
        drawn = ask("/sample", {"n": 2, "raw": True})[1]
        assert ask("/sample", {"n": 2, "raw": True, "seed": drawn["seed"]})[1]["rows"] == drawn["rows"]
