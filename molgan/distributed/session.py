"""Connects to Ray, or starts it."""

from __future__ import annotations

import logging
import os
import secrets
import stat
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from molgan.base.errors import ConfigError, RunError
from molgan.base.stopping import take_sigterm_back

_QUIET: dict[str, Any] = {"logging_level": logging.CRITICAL, "log_to_driver": False}
_ATTEMPTS = 3


@contextmanager
def ray_session(cpus: int, address: str | None = None) -> Iterator[None]:
    """Provide Ray for as long as the `with` lasts.

    That is the connection that this process already has; or the cluster at `address`, or at RAY_ADDRESS of the
    environment; or a local Ray with `cpus` processors, which listens on the loopback interface only, has no dashboard
    and stops at the end. Raises ConfigError where Ray is not installed, RunError where it cannot be started or reached.
    """
    try:
        import ray
    except ImportError as error:
        raise ConfigError("compute.workers needs Ray: pip install 'molgan[ray]', or set it to 0") from error
    if ray.is_initialized():
        yield
        return
    address = address or os.environ.get("RAY_ADDRESS")
    keep_token_private(make=not address)
    if address:
        _join(address)
    else:
        _start(cpus)
    # Ray would print a paragraph to stdout for every process that dies; the code that handles it writes a message.
    ray._private.worker._worker_logs_enabled = False
    take_sigterm_back()
    try:
        yield
    finally:
        ray.shutdown()


def keep_token_private(*, make: bool) -> None:
    """Let nobody but its owner read the file of the token that lets into a Ray; `make` it where it is missing, since
    Ray makes one that all users of the machine can read."""
    path = Path.home() / ".ray" / "auth_token"
    with suppress(OSError):
        if make and os.environ.get("RAY_AUTH_MODE", "token") == "token" and "RAY_AUTH_TOKEN" not in os.environ:
            path.parent.mkdir(parents=True, exist_ok=True)
            with suppress(FileExistsError):
                descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
                with os.fdopen(descriptor, "w") as file:
                    file.write(secrets.token_hex(32))
        if not path.is_symlink() and stat.S_IMODE(path.stat().st_mode) & 0o077:
            path.chmod(0o600)


def import_from(folders: Sequence[str]) -> None:
    """In a worker: import from the same folders as the driver. Ray itself adds only the folder of its script."""
    sys.path.extend(folder for folder in folders if folder not in sys.path)


def _join(address: str) -> None:
    import ray

    try:
        ray.init(address, **_QUIET)
    except Exception as error:  # ConnectionError, RuntimeError, ValueError and others
        raise RunError(f"Ray at {address} cannot be reached: {_first_line(error)}") from error


def _start(cpus: int) -> None:
    """Start Ray on this machine, with several attempts: it gives its own processes 15 seconds to start, which is too
    little on a busy machine with a cold disk (ray-project/ray issue 65983)."""
    import ray

    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            with _listen_on_loopback():
                ray.init("local", num_cpus=cpus, include_dashboard=False, **_QUIET)
            return
        except Exception as error:  # Ray raises plain Exception here
            ray.shutdown()
            if attempt == _ATTEMPTS:
                raise RunError(f"Ray cannot start: {_first_line(error)}; compute.workers=0 works without it") from error


@contextmanager
def _listen_on_loopback() -> Iterator[None]:
    """Make Ray take 127.0.0.1 for the machine's address, so that its servers listen there and nowhere else.

    Ray does so by itself on macOS and Windows; elsewhere it replaces a loopback address by another one.
    """
    from ray._private import ray_constants

    before = ray_constants.ENABLE_RAY_CLUSTER
    ray_constants.ENABLE_RAY_CLUSTER = False
    try:
        yield
    finally:
        ray_constants.ENABLE_RAY_CLUSTER = before


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]
