"""The web application: the routes /score, /filter, /sample and /health, described by OpenAPI."""

import asyncio
import json
import logging
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from fastapi import FastAPI, HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException as PlainHTTPException

from molgan.base.errors import InputError, MolganError, WeightsError
from molgan.base.version import __version__
from molgan.scoring.crew import Crew
from molgan.serving.batch_queue import BatchQueue
from molgan.serving.request_guard import RequestGuard
from molgan.serving.requests import Molecules, Samples
from molgan.serving.row_schemas import describe_filtered, describe_samples, describe_scores
from molgan.serving.served import Served
from molgan.serving.service import Row, Service, make_late_rows
from molgan.serving.settings import ServeSettings

_JUDGED_TOGETHER = 64  # molecules that pass the filters before the clock is looked at
_log = logging.getLogger("molgan.serving")


def build_app(
    served: Served,
    limits: ServeSettings,
    digest: bytes | None = None,
    *,
    make_crew: Callable[[], Crew | None] = lambda: None,
    on_ready: Callable[[], None] = lambda: None,
) -> FastAPI:
    """The application of a configuration.

    Args:
        served: What it offers.
        limits: What a client may ask for.
        digest: The SHA-256 of the token, None where there is none.
        make_crew: Makes the processes that score large batches.
        on_ready: Called when the application is ready for the first request.

    Raises:
        ConfigError: A scorer or filter cannot be built.
    """
    routes = _Routes(Service(served, make_crew()), limits)

    @asynccontextmanager
    async def live(app: FastAPI) -> AsyncIterator[None]:
        with routes.service:
            on_ready()
            yield
            routes.close()

    # No pages of Swagger or ReDoc, which load scripts from other servers.
    app = FastAPI(title="molgan", version=__version__, docs_url=None, redoc_url=None, lifespan=live)
    routes.add_to(app)
    app.add_middleware(RequestGuard, digest=digest, limits=limits)
    for kind in (RequestValidationError, PlainHTTPException, MolganError, Exception):
        app.add_exception_handler(kind, _answer_fault)
    return app


class _Routes:
    def __init__(self, service: Service, limits: ServeSettings) -> None:
        self.service = service
        self._limits = limits
        self._late = f"the request took longer than {limits.seconds:g} s; send fewer molecules at a time"
        # A Pareto rank is one among the molecules of a request.
        self._scoring = BatchQueue(service.score, 0 if service.is_relative else limits.batch)
        self._sampling: BatchQueue[None, None] = BatchQueue(lambda items: items, 0)

    def add_to(self, app: FastAPI) -> None:
        most = f"{self._limits.rows:,} molecules and {self._limits.size:,} bytes at most"
        add: Any = partial(app.add_api_route, methods=["POST"], response_class=Response)
        offered = ", ".join(self.service.components)
        add(
            "/score",
            self.score,
            summary=f"Scores of molecules ({offered}); {most}",
            responses=describe_scores(self.service),
        )
        if self.service.funnel is not None:
            stages = ", ".join(self.service.funnel.names)
            add("/filter", self.filter, summary=f"Which molecules pass {stages}; {most}", responses=describe_filtered())
        if self.service.served.generator is not None:
            add("/sample", self.sample, summary=f"New molecules; {most}", responses=describe_samples())
        app.add_api_route("/health", self.health, methods=["GET"], summary="Whether the server works")

    def close(self) -> None:
        self._scoring.close()
        self._sampling.close()

    async def score(self, molecules: Molecules, request: Request) -> Response:
        items = self._check_count(molecules)
        size = len(items) if self.service.is_relative else self._limits.batch
        end = time.monotonic() + self._limits.seconds
        rows: list[Row] = []
        while len(rows) < len(items):
            if time.monotonic() > end:
                rows += make_late_rows(self.service, items[len(rows) :], f"not scored: {self._late}")
                break
            rows += await self._scoring.ask(items[len(rows) : len(rows) + size])
            await _require_client(request)
        return _encode({"rows": rows})

    async def filter(self, molecules: Molecules, request: Request) -> Response:
        items = self._check_count(molecules)
        end = time.monotonic() + self._limits.seconds
        passage = self.service.begin_filter()
        for start in range(0, len(items), _JUDGED_TOGETHER):
            if time.monotonic() > end:
                break
            few = items[start : start + _JUDGED_TOGETHER]
            await self._scoring.do(partial(self.service.judge, passage, few))
            await _require_client(request)
        return _encode(await self._scoring.do(partial(self.service.tell, passage, items, f"not judged: {self._late}")))

    async def sample(self, samples: Samples) -> Response:
        if samples.n * samples.candidates > self._limits.rows:
            of = f" of {samples.candidates} candidates each" if samples.candidates > 1 else ""
            raise HTTPException(
                413, f"n: {samples.n:,} molecules{of}, at most {self._limits.rows:,} are drawn at a time"
            )
        draw = partial(self.service.sample, samples.n, samples.seed, samples.options)
        return _encode(await self._sampling.do(draw))

    async def health(self) -> Mapping[str, str]:
        return {"status": "ok"}

    def _check_count(self, molecules: Molecules) -> list[Any]:
        if len(molecules.smiles) > (most := self._limits.rows):
            raise HTTPException(413, f"{len(molecules.smiles):,} molecules; send at most {most:,} at a time")
        return molecules.smiles


async def _require_client(request: Request) -> None:
    """End the work for a client that is gone."""
    if await request.is_disconnected():
        raise asyncio.CancelledError


def _encode(content: Mapping[str, Any]) -> Response:
    return Response(json.dumps(content, allow_nan=False), media_type="application/json")


async def _answer_fault(request: Request, error: Exception) -> Response:
    """A fault as JSON in one line: {"error": reason}."""
    headers = {}
    if isinstance(error, RequestValidationError):
        faults = error.errors()
        where = ".".join(str(part) for part in faults[0]["loc"][1:] if isinstance(part, str))
        status = 422
        reason = f"{where}: {faults[0]['msg']}" if where else f"{faults[0]['msg']}; send an object as application/json"
    elif isinstance(error, PlainHTTPException):
        status, reason = error.status_code, str(error.detail)
    elif isinstance(error, InputError | WeightsError):
        status, reason = 422, str(error)
    elif not isinstance(error, MolganError):
        status, reason = 500, "an unexpected error; the server's log has it"
    else:
        _log.error("%s: %s", request.url.path, error)
        status, reason, headers = 503, "the server cannot go on with this now; its log says why", {"retry-after": "10"}
    return Response(json.dumps({"error": f"{reason:.500}"}), status, headers, media_type="application/json")
