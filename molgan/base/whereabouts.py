"""Which job and stage this process is at, for the lines of its logs."""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_facts: ContextVar[dict[str, object] | None] = ContextVar("whereabouts", default=None)


@contextmanager
def at_work(**facts: str) -> Iterator[None]:
    """Add facts, `job` or `stage`, to the lines that are logged within this block."""
    token = _facts.set({**(_facts.get() or {}), **facts})
    try:
        yield
    finally:
        _facts.reset(token)


def get_whereabouts() -> dict[str, object]:
    """`job` and `stage`, where they are known, `node`, the name of this machine, and `process`, its number."""
    return {**(_facts.get() or {}), "node": socket.gethostname(), "process": os.getpid()}
