"""Stops the process that works in a run folder."""

import errno
import fcntl
import os
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path

from molgan.base.errors import InputError, RunError

_SECONDS_BETWEEN_LOOKS = 0.2


def find_worker(folder: Path) -> int | None:
    """The number of the process that works in a run folder; None where none does. Raises InputError where there is no
    run folder, RunError where the lock cannot be read or is held on another machine."""
    if not (folder / "config.yaml").exists():
        raise InputError(f"{folder}: not a run folder (config.yaml is missing)")
    path = folder / ".lock"
    try:
        with open(os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW), errors="replace") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return _check_here(folder, lock.read(40).strip(), os.fstat(lock.fileno()).st_ino)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise RunError(f"{path}: cannot be read: {error.strerror}") from None
    return None


def stop_run(folder: Path, seconds: float) -> int | None:
    """Ask the process that works in a run folder to save and leave, by SIGTERM, and wait until it has.

    Returns its number, None where nothing works there. Raises RunError where it is at work still after so many seconds;
    and as `find_worker`.
    """
    process = find_worker(folder)
    if process is None:
        return None
    try:
        os.kill(process, signal.SIGTERM)
    except OSError as error:
        if error.errno == errno.ESRCH:
            return process
        raise RunError(f"{folder}: process {process} cannot be stopped: {error.strerror}") from None
    end = time.monotonic() + seconds
    while find_worker(folder) == process:
        if time.monotonic() > end:
            raise RunError(
                f"{folder}: process {process} is at work still after {seconds:g} s; the command again breaks off what "
                "it does"
            )
        time.sleep(_SECONDS_BETWEEN_LOOKS)
    return process


def _check_here(folder: Path, text: str, lock: int) -> int:
    """The number of a process, if it has the lock open here: on a shared disk it may be one of another machine, and the
    process with its number here another."""
    if text.isdecimal() and sys.platform == "linux":
        with suppress(OSError):
            for name in os.listdir(f"/proc/{text}/fd"):
                with suppress(OSError):
                    if os.stat(f"/proc/{text}/fd/{name}").st_ino == lock:
                        return int(text)
    elif text.isdecimal():
        return int(text)
    raise RunError(f"{folder}: process {text!r:.40} works there, and is none of yours here; stop it on its machine")
