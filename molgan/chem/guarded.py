"""Molecules that RDKit may take for ever over: what is to be done with one is tried in a process that can be ended.

RDKit holds the interpreter while it works, and neither a thread nor a signal gets a turn then. Some of its work grows
exponentially: Kekulé structures with many wildcard atoms, stereo and symmetry of large cages. Text alone tells which
molecules have that many atoms, rings or wildcards. What is tried in time is done again by the caller, so that values
are those of any other molecule.
"""

import json
import os
import signal
from functools import lru_cache
from threading import Lock
from typing import Any

from molgan.base.errors import ConfigError
from molgan.base.worker_process import Died, Garbled, Late, NotStarted, WorkerProcess

VARIABLE = "MOLGAN_SECONDS_PER_MOLECULE"
"""The environment variable with the limit, for this process and all that it starts."""

_MODULE = "molgan.chem.guard_process"
_SECONDS = 5.0
_LONG = 300  # characters
_MANY_DIGITS = 20  # ring closures of ten rings: none of 1,693 approved drugs and 3,688 of ChEMBL has more
_MANY_WILDCARDS = 6
_NO_DIGITS = bytes(code for code in range(256) if code not in b"0123456789")


def read_limit() -> float:
    """Seconds of processor time that one piece of work on a suspicious molecule may take. Raises ConfigError."""
    text = os.environ.get(VARIABLE, "")
    try:
        seconds = float(text) if text else _SECONDS
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < 1e6:
        raise ConfigError(f"{VARIABLE}: {text!r:.40} is no number of seconds above 0; leave it out for {_SECONDS:g}")
    return seconds


def is_suspicious(smiles: str) -> bool:
    """Whether work on a molecule may never end, by its SMILES: long, or of many rings or wildcard atoms."""
    length = len(smiles)
    if length <= _MANY_WILDCARDS:
        return False
    return (
        length > _LONG
        or len(smiles.encode("ascii", "replace").translate(None, _NO_DIGITS)) > _MANY_DIGITS
        or smiles.count("*") + smiles.count("#0") > _MANY_WILDCARDS
    )


def find_delay(task: str, setup: Any, item: Any) -> str | None:
    """Why a piece of work cannot be done: "took longer than 5 s", or what became of the process; None when it can.

    `task`, "module:function", names what is called with `setup` and gives a function, which is called with `item`; both
    are what JSON can say. The limit is for the function alone; what either raises is left to the caller, who meets it
    again.
    """
    if _guard.inside:
        return None
    return _try(task, json.dumps(setup), json.dumps(item), read_limit())


def enter_guard() -> None:
    """Say that this process is the one that can be ended."""
    _guard.inside = True


class _Guard:
    """The process, started when first needed."""

    def __init__(self) -> None:
        self.inside = False
        self.process = WorkerProcess(_MODULE, None)
        self.lock = Lock()


_guard = _Guard()


def _replace_guard() -> None:
    """Leave the process to the parent in a fork of it."""
    global _guard
    _inherited.append(_guard)  # never closed here
    _guard = _Guard()


_inherited: list[_Guard] = []
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_replace_guard)


@lru_cache(maxsize=4096)
def _try(task: str, setup: str, item: str, seconds: float) -> str | None:
    # Processor time, so that a busy machine does not make molecules slow; where there is no such limit, time.
    timeout = None if hasattr(signal, "setitimer") else seconds
    late = f"took longer than {seconds:g} s"
    with _guard.lock:
        try:
            _guard.process.ask([task, setup, json.loads(item), seconds], timeout)
        except Late:
            return late
        except Died as error:
            return late if error.how == "SIGPROF" else str(error)
        except (Garbled, NotStarted) as error:
            return f"not tried: {error}"
    return None
