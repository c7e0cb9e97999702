"""One HTTP call: within its time from the connection to the last byte, with an answer of bounded length, and to the
server that was named, since a redirect would carry the headers, and their secrets, to another."""

import http.client
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from threading import Timer
from typing import Any

from molgan.scoring.shared_answers import CallError

_PIECE = 1 << 16
_RETRIED = (408, 429)
_FINAL = (401, 403, 404)


def post(url: str, body: bytes, headers: Mapping[str, str], *, timeout: float, most: int) -> bytes:
    """The answer to a POST.

    Args:
        url: An http:// or https:// address.
        body: What is sent.
        headers: HTTP headers.
        timeout: Seconds for all of it, but for looking up the name of the server.
        most: Most bytes of an answer.

    Raises:
        CallError: There is no answer; also for a redirect, which is not followed.
    """
    try:
        request = urllib.request.Request(url, body, dict(headers), method="POST")
        with _Watch(timeout) as watch, _open(request, watch) as response:
            return _read(response, most)
    except urllib.error.HTTPError as error:
        raise _describe_status(error) from None
    except TimeoutError:
        raise CallError(f"took longer than {timeout:g} s") from None
    except urllib.error.URLError as error:
        late = isinstance(error.reason, TimeoutError)
        raise CallError(f"took longer than {timeout:g} s" if late else f"{error.reason}") from None
    except (OSError, http.client.HTTPException) as error:
        raise CallError(f"{type(error).__name__}: {error}") from None
    except ValueError as error:  # the address; the message may hold the headers
        raise CallError(f"cannot be sent ({type(error).__name__})", final=True) from None


def _describe_status(error: urllib.error.HTTPError) -> CallError:
    code = error.code
    error.close()
    if 300 <= code < 400:
        place = f"{error.headers.get('Location', '')!r:.100}"
        return CallError(
            f"HTTP {code}: a redirect to {place}, which is not followed; name the server itself", final=True
        )
    return CallError(f"HTTP {code} {error.reason:.100}", retry=code in _RETRIED or code >= 500, final=code in _FINAL)


def _read(response: http.client.HTTPResponse, most: int) -> bytes:
    parts, size = [], 0
    while part := response.read1(_PIECE):
        parts.append(part)
        size += len(part)
        if size > most:
            raise CallError(f"an answer of more than {most:,} bytes", retry=False)
    return b"".join(parts)


class _Watch:
    """The time of a call. When it is up, the connection is broken off, whatever is being waited for: the time limit of
    a socket starts again with every byte."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds
        self._timer = Timer(seconds, self._break_off)
        self._timer.daemon = True
        self._twin: socket.socket | None = None
        self._is_broken_off = False

    def __enter__(self) -> "_Watch":
        self._timer.start()
        return self

    def __exit__(self, *failure: object) -> None:
        self._timer.cancel()
        self._timer.join()
        if self._twin is not None:
            self._twin.close()
        if self._is_broken_off:  # also without a failure: an answer of unknown length just ends
            raise TimeoutError

    @property
    def left(self) -> float:
        """Seconds that are left."""
        return max(0.0, self._end - time.monotonic())

    def connect(self, address: tuple[str, int], *options: Any) -> socket.socket:
        """A connection to the first address of a host that answers. Raises OSError."""
        failure: OSError = OSError("no address")
        for family, kind, protocol, _, place in socket.getaddrinfo(*address, type=socket.SOCK_STREAM):
            connection = socket.socket(family, kind, protocol)
            try:
                connection.settimeout(max(self.left, 1e-3))
                connection.connect(place)
            except OSError as error:
                connection.close()
                failure = error
            else:
                self._twin = connection.dup()
                return connection
        raise failure

    def _break_off(self) -> None:
        self._is_broken_off = True
        if self._twin is not None:
            with suppress(OSError):
                self._twin.shutdown(socket.SHUT_RDWR)


def _open(request: urllib.request.Request, watch: _Watch) -> Any:
    """The response. Proxies of the environment are used; no other scheme, and no redirect."""
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),
        _Http(watch),
        _Https(watch),
        urllib.request.HTTPErrorProcessor(),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.UnknownHandler(),
    ):
        opener.add_handler(handler)
    return opener.open(request, timeout=watch.left)


class _Http(urllib.request.HTTPHandler):
    def __init__(self, watch: _Watch) -> None:
        super().__init__()
        self._watch = watch

    def http_open(self, request: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(partial(_connect, http.client.HTTPConnection, self._watch), request)


class _Https(urllib.request.HTTPSHandler):
    def __init__(self, watch: _Watch) -> None:
        super().__init__()
        self._watch = watch

    def https_open(self, request: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(partial(_connect, http.client.HTTPSConnection, self._watch), request)


def _connect(kind: Any, watch: _Watch, host: str, **options: Any) -> Any:
    connection = kind(host, **options)
    connection._create_connection = watch.connect  # what `connect` calls, before TLS begins
    return connection
