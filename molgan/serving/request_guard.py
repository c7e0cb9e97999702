"""What is looked at before a request is read: its token, its host, its size, how long it takes to come."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from fastapi import HTTPException

from molgan.serving.bearer_token import is_loopback, is_token
from molgan.serving.settings import ServeSettings

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]

OPEN = frozenset({"/health"})
"""The paths that need no token."""

_DRAINED = 8  # times the largest request are read, so that a client that sends too much gets to read the answer


class RequestGuard:
    """An ASGI application around another one.

    Without a token a request must name this machine as its host, as no page of another site can that a browser on it
    shows. `most` requests are let in at the same time.
    """

    def __init__(self, app: Application, *, digest: bytes | None, limits: ServeSettings) -> None:
        """`digest` is the SHA-256 of the token."""
        self._app = app
        self._digest = digest
        self._limits = limits
        self._running = 0

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            return await self._app(scope, receive, send)
        if scope["type"] != "http":
            return await send({"type": "websocket.close", "code": 1008})
        if (fault := self._find_fault(scope)) is not None:
            return await _answer(send, *fault)
        if scope["path"] in OPEN:
            return await self._app(scope, receive, send)
        if self._running >= self._limits.requests:
            return await _answer(send, 503, f"{self._running} requests are at work; try again later")
        self._running += 1
        try:
            await self._app(scope, self._limit(receive), send)
        finally:
            self._running -= 1

    def _find_fault(self, scope: MutableMapping[str, Any]) -> tuple[int, str] | None:
        headers: dict[bytes, bytes] = dict(scope["headers"])
        if self._digest is None:
            host = headers.get(b"host", b"").decode("latin-1")
            name = host.rpartition("]")[0] + "]" if host.startswith("[") else host.partition(":")[0]
            return None if is_loopback(name) else (403, "without a token, this server answers to its own machine alone")
        if scope["path"] in OPEN or is_token(headers.get(b"authorization", b""), self._digest):
            return None
        return 401, "the header Authorization has no valid token; send `Bearer TOKEN`"

    def _limit(self, receive: Receive) -> Receive:
        """A `receive` that raises HTTPException for a body that is too large or takes too long."""
        most, end = self._limits.size, time.monotonic() + self._limits.patience
        seen, is_whole = 0, False

        async def receive_within_limits() -> Message:
            nonlocal seen, is_whole
            while not is_whole:
                try:
                    async with asyncio.timeout(max(0.0, end - time.monotonic())):
                        message = await receive()
                except TimeoutError:
                    raise HTTPException(408, f"took longer than {self._limits.patience:g} s to come") from None
                if message["type"] != "http.request":
                    return message
                seen += len(message.get("body", b""))
                is_whole = not message.get("more_body", False)
                if seen <= most:
                    return message
                if is_whole or seen > _DRAINED * most:
                    raise HTTPException(413, f"a request of more than {most:,} bytes; send fewer molecules at a time")
            return await receive()

        return receive_within_limits


async def _answer(send: Send, status: int, reason: str) -> None:
    body = json.dumps({"error": reason}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    headers += [(b"www-authenticate", b"Bearer")] if status == 401 else []
    headers += [(b"retry-after", b"1")] if status == 503 else []
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
