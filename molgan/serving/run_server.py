"""Runs the web application on this machine."""

import socket
from ipaddress import ip_address
from typing import Any

from molgan.base.errors import ConfigError, RunError

_SECONDS_TO_END = 60


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens. Raises RunError where that cannot be."""
    try:
        family = socket.AF_INET6 if ip_address(host).version == 6 else socket.AF_INET
    except ValueError:
        family = socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as error:
        raise RunError(
            f"{host}:{port}: cannot listen there ({error.strerror or error}); choose another --port"
        ) from None


def make_server(app: Any, *, connections: int) -> Any:
    """A server of uvicorn for an application, at which so many clients at most are connected."""
    import uvicorn

    return uvicorn.Server(
        uvicorn.Config(
            app,
            lifespan="on",
            log_level="warning",
            access_log=False,
            limit_concurrency=connections,
            proxy_headers=False,
            server_header=False,
            timeout_graceful_shutdown=_SECONDS_TO_END,
        )
    )


def require_extra() -> None:
    """Raises ConfigError where what a server needs is not installed."""
    try:
        import fastapi  # noqa: F401
        import uvicorn  # noqa: F401
    except ImportError as error:
        raise ConfigError("a server needs FastAPI and uvicorn: pip install 'molgan[serve]'") from error


def name_address(host: str, port: int) -> str:
    """The URL of a server."""
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
