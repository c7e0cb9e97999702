"""Servers that send elsewhere, drip, and talk without end; commands that do not stop."""

import re
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest

from molgan.base.errors import ConfigError
from molgan.scoring.registry import get_scorer
from molgan.scoring.score_cache import clear_caches

SMILES = ["C", "CC", "CCC"]


@pytest.fixture(autouse=True)
def forget() -> None:
    clear_caches()


@contextmanager
def serve(answer: Callable[[socket.socket, bytes], None]) -> Iterator[tuple[str, list[bytes]]]:
    """A server of loopback that passes each connection to `answer` with the request; its address, and the requests."""
    listener = socket.create_server(("127.0.0.1", 0))
    received: list[bytes] = []

    def attend(connection: socket.socket) -> None:
        with connection, suppress(OSError):
            request = b""
            while b"\r\n\r\n" not in request and (piece := connection.recv(65536)):
                request += piece
                if not request.startswith(b"POST") and not request.startswith(b"GET"):
                    break
            head, _, body = request.partition(b"\r\n\r\n")
            said = re.search(rb"(?i)content-length: *(\d+)", head)
            left = int(said[1]) - len(body) if said else 0
            while left > 0 and (piece := connection.recv(left)):  # closing with unread bytes resets the connection
                request, left = request + piece, left - len(piece)
            received.append(request)
            answer(connection, request)

    def accept() -> None:
        with suppress(OSError):
            while True:
                threading.Thread(target=attend, args=(listener.accept()[0],), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield f"127.0.0.1:{listener.getsockname()[1]}/score", received
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


def reply(content: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(content), content)


@pytest.mark.parametrize("status", [b"301", b"302", b"303", b"307", b"308"])
def test_a_redirect_is_not_followed_and_no_secret_goes_with_it(status: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCORE_TOKEN", "s3cret")
    headers = {"Authorization": "Bearer ${SCORE_TOKEN}"}
    with serve(lambda connection, _: connection.sendall(reply(b"[0.5]"))) as (thief, stolen):

        def send_on(connection: socket.socket, request: bytes) -> None:
            connection.sendall(b"HTTP/1.1 %s X\r\nLocation: http://%s\r\n\r\n" % (status, thief.encode()))

        with serve(send_on) as (address, received):
            scores = get_scorer("rest", url=f"http://{address}", headers=headers, batch=1)(SMILES)
    assert stolen == [] and len(received) == 1
    assert scores.errors[0] is not None
    assert scores.errors[0].startswith(f"HTTP {status.decode()}: a redirect to 'http://{thief}', which is not followed")
    assert scores.errors[2] == f"not scored: {scores.errors[0]}"


def drip(start: bytes) -> Callable[[socket.socket, bytes], None]:
    """Say something, then a byte now and then."""

    def answer(connection: socket.socket, _: bytes) -> None:
        connection.sendall(start)
        for _ in range(200):
            time.sleep(0.1)
            connection.sendall(b"a")

    return answer


@pytest.mark.parametrize(
    "start",
    [b"", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\n\r\n[", b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n["],
)
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_the_time_of_a_call_covers_all_that_drips(start: bytes, scheme: str) -> None:
    began = time.monotonic()
    with serve(drip(start)) as (address, _):
        scores = get_scorer("rest", url=f"{scheme}://{address}", timeout=1, retries=0)(["C"])
    assert time.monotonic() - began < 8
    assert scores.errors == ["took longer than 1 s"] or scheme == "https"  # no TLS at all may be noticed before
    assert scores.errors[0] is not None


def test_an_answer_has_a_length() -> None:
    with serve(lambda connection, _: connection.sendall(reply(b"[" + b"1," * (1 << 20) + b"1]"))) as (address, _):
        scores = get_scorer("rest", url=f"http://{address}", retries=0)(["C"])
    assert scores.errors == ["an answer of more than 1,064,960 bytes"]


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_a_command_that_does_not_stop_writing_fills_no_memory(stream: str) -> None:
    body = f"import sys\nwhile True: sys.{stream}.write('0123456789' * 1000)"
    scores = get_scorer("process", command=[sys.executable, "-S", "-c", body], timeout=2, retries=0)(["C"])
    assert scores.errors == [
        {"stdout": "an answer of more than 1,064,960 bytes", "stderr": "took longer than 2 s"}[stream]
    ]


@pytest.mark.parametrize(
    ("headers", "message"),
    [
        ({"X-Key": "schl\u00fcssel \u20ac"}, "header 'X-Key': its value has a character that HTTP does not allow"),
        ({"X-Key": "a\r\nHost: b"}, "header 'X-Key': its value"),
        ({"X Key": "a"}, "header 'X Key': not a name that HTTP allows"),
        ({"": "a"}, "header '': not a name"),
    ],
)
def test_headers_that_http_does_not_allow_are_refused(headers: dict[str, str], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        get_scorer("rest", url="http://127.0.0.1:9/", headers=headers)


def test_a_secret_that_http_does_not_allow_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCORE_TOKEN", "s3cret\n")
    scores = get_scorer("rest", url="http://127.0.0.1:9/", headers={"A": "${SCORE_TOKEN}"})(["C"])
    assert scores.errors == [
        "header 'A': its value has a character that HTTP does not allow: only Latin-1, in one line"
    ]
