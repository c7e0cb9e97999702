"""A web application as replicas of Ray Serve."""

from __future__ import annotations

import logging
import math
import sys
import time
from collections.abc import Callable
from typing import Any

from molgan.base.errors import ConfigError, RunError
from molgan.distributed.session import import_from, ray_session

_NAME = "molgan"
_QUIET: dict[str, Any] = {"log_level": "ERROR", "enable_access_log": False}
_SERVES_ITSELF = 2  # processors for the controller and the proxy of Serve, which reserve none, to start beside replicas


def serve_on_ray(
    build_app: Callable[[], Any],
    *,
    host: str,
    port: int,
    everywhere: bool = False,
    replicas: int = 1,
    cpus: float = 1.0,
    requests: int = 64,
    address: str | None = None,
    on_ready: Callable[[], None] = lambda: None,
    wait: Callable[[], None] | None = None,
) -> None:
    """Serve an ASGI application until this process is interrupted.

    Args:
        build_app: Makes the application; each replica calls it.
        host: Address at which proxies of Serve listen.
        port: Their port.
        everywhere: Whether each machine with a replica has a proxy; by default the machine of this process alone.
        replicas: Number of replicas.
        cpus: Processors that a replica reserves.
        requests: Most requests at the same time of a replica.
        address: The cluster; a Ray of this machine by default.
        on_ready: Called when all replicas are ready.
        wait: Returns when the server is to end; waits for ever by default.

    Raises:
        ConfigError: Ray Serve is not installed.
        RunError: Ray cannot be reached, Serve listens at another address already, or a replica cannot start.
    """
    try:
        from ray import serve
        from ray.exceptions import RayError
    except ImportError as error:
        raise ConfigError("replicas need Ray Serve: pip install 'molgan[serve-ray]'") from error
    options = {"host": host, "port": port}
    with ray_session(math.ceil(replicas * cpus) + _SERVES_ITSELF, address):
        _refuse_other_server()
        logging.getLogger("ray.serve").setLevel(logging.ERROR)
        deployment = serve.deployment(
            name=_NAME,
            num_replicas=replicas,
            max_ongoing_requests=requests,
            ray_actor_options={"num_cpus": cpus},
            logging_config=_QUIET,
        )
        try:
            try:
                serve.start("EveryNode" if everywhere else "HeadOnly", options, logging_config=_QUIET)
                serve.run(deployment(_make_ingress(build_app)).bind(), name=_NAME, logging_config=_QUIET)
            except (RuntimeError, TimeoutError, RayError) as error:
                raise RunError(f"Ray Serve: {_find_reason(error)}") from error
            on_ready()
            (wait or _wait_for_ever)()
        finally:
            serve.shutdown()


def _refuse_other_server() -> None:
    """Raises RunError where Serve runs on the cluster already: its address would be used, whatever was asked for."""
    from ray import serve

    found = serve.status()
    if found.proxies or found.applications:
        raise RunError("Ray Serve runs on this cluster already, at an address of its own; end it with `serve shutdown`")


def _make_ingress(build_app: Callable[[], Any]) -> Any:
    from ray import serve

    folders = list(sys.path)

    def build() -> Any:
        import_from(folders)
        return build_app()

    return serve.ingress(build)()


def _wait_for_ever() -> None:
    while True:
        time.sleep(60)


def _find_reason(error: Exception) -> str:
    """The line of an error that says most: the exception of a replica, at the end of its traceback."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    named = [line for line in lines if line.startswith("molgan.base.errors.")]
    return (named or lines or [type(error).__name__])[-1 if named else 0].removeprefix("molgan.base.errors.")
