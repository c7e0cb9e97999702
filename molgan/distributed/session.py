"""Connects to Ray, or starts it."""

from __future__ import annotations

import importlib
import logging
import os
import secrets
import stat
import sys
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Any

from molgan.base.errors import ConfigError, RunError
from molgan.base.stopping import take_sigterm_back
from molgan.distributed.settings import ComputeSettings

_QUIET: dict[str, Any] = {"logging_level": logging.CRITICAL, "log_to_driver": False}
_ATTEMPTS = 3
_SECONDS_TO_ASK = 10.0
# Ray would take 30 % of the memory for objects. What goes through it here is data for training and chunks of molecules;
# more than this goes to disk.
_OBJECT_STORE = 2**30
_started_here: list[bool] = []
_TOKEN_FILE = Path(".ray") / "auth_token"


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
    mode = os.environ.get("RAY_AUTH_MODE")
    if address:
        if _asks_for_token(address):
            use_token()
        _join(address)
    else:
        _start(cpus)
    _started_here[:] = [not address]
    # Ray would print a paragraph to stdout for every process that dies; the code that handles it writes a message.
    ray._private.worker._worker_logs_enabled = False
    take_sigterm_back()
    try:
        yield
    finally:
        _started_here.clear()
        ray.shutdown()
        if mode is None and "RAY_AUTH_MODE" in os.environ:  # another cluster may know no tokens
            del os.environ["RAY_AUTH_MODE"]
            private: Any = importlib.import_module("ray._raylet")
            private.Config.initialize("")


def join_named(compute: ComputeSettings) -> AbstractContextManager[None]:
    """The cluster that settings or the environment name, joined once for all that a job does there; nothing where
    molgan starts its own Ray, or none. Raises as `ray_session`."""
    address = compute.address or os.environ.get("RAY_ADDRESS")
    return ray_session(0, address) if compute.workers and address else nullcontext()


def is_own() -> bool:
    """Whether this process has started the Ray that it works with, which therefore never grows."""
    return any(_started_here)


def keep_token_private(*, make: bool) -> None:
    """Let nobody but its owner read the file of the token that lets into a Ray; `make` it where it is missing, since
    Ray makes one that all users of the machine can read."""
    path = Path.home() / _TOKEN_FILE
    with suppress(OSError):
        if make and os.environ.get("RAY_AUTH_MODE", "token") == "token" and "RAY_AUTH_TOKEN" not in os.environ:
            path.parent.mkdir(parents=True, exist_ok=True)
            with suppress(FileExistsError):
                descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
                with os.fdopen(descriptor, "w") as file:
                    file.write(secrets.token_hex(32))
        if not path.is_symlink() and stat.S_IMODE(path.stat().st_mode) & 0o077:
            path.chmod(0o600)


def use_token() -> None:
    """Send the token of this user, in the file or where RAY_AUTH_TOKEN or RAY_AUTH_TOKEN_PATH say: a `ray start` of the
    same user asks for it, and Ray itself sends it to no cluster that is named by an address. Does nothing where
    RAY_AUTH_MODE is set, or there is no token."""
    private: Any = importlib.import_module("ray._raylet")
    if "RAY_AUTH_MODE" in os.environ or not private.AuthenticationTokenLoader.instance().has_token(
        ignore_auth_mode=True
    ):
        return
    os.environ["RAY_AUTH_MODE"] = "token"
    private.Config.initialize("")  # Ray has read the variable when it was imported


def _asks_for_token(address: str) -> bool:
    """Whether a cluster refuses who has no token. Only then may this process use one: it would ask for it itself, and a
    cluster without tokens would take every actor that it owns for lost."""
    from ray._private.services import canonicalize_bootstrap_address
    from ray.exceptions import AuthenticationError

    private: Any = importlib.import_module("ray._raylet")
    try:
        private.GcsClient(address=canonicalize_bootstrap_address(address)).check_alive([], timeout=_SECONDS_TO_ASK)
    except AuthenticationError:
        return True
    except Exception as error:  # RpcError, ConnectionError, ValueError and others
        raise RunError(f"Ray at {address} cannot be reached: {explain_refusal(error)}") from error
    return False


def explain_refusal(error: BaseException) -> str:
    """The first line of an error of Ray's, or what to do where it is about the token."""
    text = str(error).lower()
    if type(error).__name__ == "AuthenticationError" or "authenticat" in text or "unauthorized" in text:
        return (
            f"it asks for a token, and {_describe_token()}: put the cluster's token (`ray get-auth-token` there) into "
            "RAY_AUTH_TOKEN or a file that RAY_AUTH_TOKEN_PATH names, and set RAY_AUTH_MODE=token"
        )
    return _first_line(error)


def _describe_token() -> str:
    names = ("RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH")
    source = next((name for name in names if os.environ.get(name)), None)
    if os.environ.get("RAY_AUTH_MODE") != "token":
        return "none was sent"
    return f"refuses the one of {source or Path.home() / _TOKEN_FILE}"


def import_from(folders: Sequence[str]) -> None:
    """In a worker: import from the same folders as the driver. Ray itself adds only the folder of its script."""
    sys.path.extend(folder for folder in folders if folder not in sys.path)


def _join(address: str) -> None:
    import ray

    try:
        ray.init(address, **_QUIET)
    except Exception as error:  # ConnectionError, RuntimeError, ValueError and others
        raise RunError(f"Ray at {address} cannot be reached: {explain_refusal(error)}") from error


def _start(cpus: int) -> None:
    """Start Ray on this machine, with several attempts: it gives its own processes 15 seconds to start, which is too
    little on a busy machine with a cold disk (ray-project/ray issue 65983)."""
    import ray

    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            with _listen_on_loopback():
                how: dict[str, Any] = {
                    "num_cpus": cpus,
                    "include_dashboard": False,
                    "object_store_memory": _OBJECT_STORE,
                }
                ray.init("local", **how, **_QUIET)
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


def _first_line(error: BaseException) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]
