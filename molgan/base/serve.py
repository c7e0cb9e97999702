"""The other end of a `WorkerProcess`: reads questions from stdin and writes answers to stdout, JSON, a line a message.

First comes the setup, answered with `null`, or with the reason why it failed; then `[question, seconds or null]`, each
answered. Printed text goes to stderr. The process ends, its children with it, when stdin ends, or when a question takes
much longer than its seconds, since then no parent is left to end it.
"""

import json
import os
import signal
import sys
from collections.abc import Callable
from queue import SimpleQueue
from threading import Thread
from typing import Any, TextIO

from molgan.base.errors import MolganError

_GRACE = 10.0


def serve(prepare: Callable[[Any], Callable[[Any], Any]]) -> None:
    """Answer questions with the function that `prepare` makes from the setup, until stdin ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", buffering=1)
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    messages: SimpleQueue[str] = SimpleQueue()
    Thread(target=_read, args=(messages,), daemon=True).start()
    setup = json.loads(messages.get())
    try:
        answer = prepare(setup)
    except Exception as error:
        return _write(answers, format_error(error))
    _write(answers, None)
    while True:
        question, seconds = json.loads(messages.get())
        _end_after(0 if seconds is None else seconds + _GRACE)
        content = answer(question)
        _end_after(0)
        _write(answers, content)


def format_error(error: Exception) -> str:
    """An exception in one line."""
    text = " ".join(str(error).split())
    return text if isinstance(error, MolganError | ImportError) else f"{type(error).__name__}: {text[:160]}"


def _end_after(seconds: float) -> None:
    """Let the system end this process after some seconds, 0 for never; a thread of the process may not get a turn."""
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_REAL, seconds)


def _write(answers: TextIO, content: Any) -> None:
    answers.write(json.dumps(content) + "\n")


def _read(messages: "SimpleQueue[str]") -> None:
    for line in sys.stdin:
        messages.put(line)
    if os.name == "posix":
        os.killpg(0, signal.SIGKILL)
    os._exit(0)
