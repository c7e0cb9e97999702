"""A request to stop: a run leaves at its next checkpoint, or when its time is up."""

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from molgan.base.errors import ConfigError

VARIABLE = "MOLGAN_SECONDS_TO_STOP"
"""The environment variable with the seconds that a run has for its next checkpoint after SIGTERM."""

_SECONDS = 25.0  # clusters give 30 as a rule before they kill
_asked = threading.Event()
_handlers: list[Callable[[int, object], None]] = []


class Stopped(KeyboardInterrupt):
    """A run has left since it was asked to; it goes on from its last checkpoint."""


def leave_if_asked(save: Callable[[], object] = lambda: None) -> None:
    """Save, and raise Stopped, once this process has been asked to stop."""
    if _asked.is_set():
        save()
        raise Stopped


@contextmanager
def stop_on_sigterm() -> Iterator[None]:
    """Take SIGTERM for a request to stop, for as long as the `with` lasts; in the main thread alone.

    Work that saves nothing within MOLGAN_SECONDS_TO_STOP (25), or until a second SIGTERM, is broken off by Stopped.
    Raises ConfigError where the variable is no number.
    """
    seconds = _read_seconds()
    if threading.current_thread() is not threading.main_thread() or not hasattr(signal, "setitimer"):
        yield
        return

    def ask(number: int, frame: object) -> None:
        if _asked.is_set() or not seconds:
            raise Stopped
        _asked.set()
        signal.setitimer(signal.ITIMER_REAL, seconds)

    def break_off(number: int, frame: object) -> None:
        raise Stopped

    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGALRM)}
    signal.signal(signal.SIGTERM, ask)
    _handlers.append(ask)
    signal.signal(signal.SIGALRM, break_off)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        _handlers.clear()
        for number, handler in before.items():
            signal.signal(number, handler)
        _asked.clear()


def take_sigterm_back() -> None:
    """Within `stop_on_sigterm`, take SIGTERM for a request again, after a library has put its own handler in."""
    if _handlers and threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, _handlers[-1])


def _read_seconds() -> float:
    text = os.environ.get(VARIABLE, "")
    try:
        seconds = float(text) if text else _SECONDS
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds < 1e6:
        raise ConfigError(f"{VARIABLE}: {text!r:.40} is no number of seconds; leave it out for {_SECONDS:g}")
    return seconds
