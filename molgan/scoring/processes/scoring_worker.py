"""A process that scores for another one: `python -m molgan.scoring.worker`, started by `molgan.scoring.warm`.

It reads JSON from stdin, a line a message, and answers each with a line on stdout. First come the scorers, `{column:
[name, parameters]}`, answered with `null` or why they cannot be had; then `[SMILES, columns, seconds or null]`,
answered with `{column: [[value or null, error or null, note or null], …]}`. What a scorer itself prints goes to stderr.
When stdin ends it ends, its children with it; and when it has taken much longer than those seconds, which tells that
nobody is left to end it.
"""

import json
import math
import os
import signal
import sys
from queue import SimpleQueue
from threading import Thread
from typing import Any, TextIO

from molgan.base.errors import MolganError

_GRACE = 10.0


def main() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", buffering=1)
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    messages: SimpleQueue[str] = SimpleQueue()
    Thread(target=_read, args=(messages,), daemon=True).start()
    wanted = json.loads(messages.get())
    try:
        from molgan.scoring.batch import Batch
        from molgan.scoring.registry import get_scorer

        scorers = {column: get_scorer(name, **parameters) for column, (name, parameters) in wanted.items()}
    except (MolganError, ImportError) as error:
        return _answer(answers, str(error))
    _answer(answers, None)
    while True:
        smiles, columns, seconds = json.loads(messages.get())
        _end_after(0 if seconds is None else seconds + _GRACE)
        batch = Batch.of(smiles)
        place = batch.place.tolist()
        fresh = {column: scorers[column].fresh(batch.distinct) for column in columns}
        _end_after(0)
        _answer(answers, {column: [_plain(*scores[i]) for i in place] for column, scores in fresh.items()})


def _end_after(seconds: float) -> None:
    """Have the system end this process after some time, 0 for never: its own threads may not get a turn."""
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_REAL, seconds)


def _plain(value: float, error: str | None, note: str | None) -> tuple[float | None, str | None, str | None]:
    return (None if math.isnan(value) else value), error, note


def _answer(answers: TextIO, content: Any) -> None:
    answers.write(json.dumps(content) + "\n")


def _read(messages: "SimpleQueue[str]") -> None:
    for line in sys.stdin:
        messages.put(line)
    if os.name == "posix":
        os.killpg(0, signal.SIGKILL)
    os._exit(0)


if __name__ == "__main__":
    main()
