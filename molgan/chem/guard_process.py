"""The process in which work on suspicious molecules is tried: see `molgan.chem.guarded`.

A question is `[task, setup as JSON, item, seconds of processor time]`; the answer is `null`, or none when the time is
up: the kernel ends the process then.
"""

import importlib
import json
from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache
from typing import Any

from molgan.base.parallel import limit_processor_time
from molgan.base.serve import serve
from molgan.chem.guarded import enter_guard


def main() -> None:
    """Answer until stdin ends."""
    serve(prepare)


def prepare(setup: None) -> Callable[[Any], None]:
    enter_guard()
    return _try


def _try(question: tuple[str, str, Any, float]) -> None:
    task, setup, item, seconds = question
    with suppress(Exception):
        work = _make_work(task, setup)
        limit_processor_time(seconds)
        work(item)
    limit_processor_time(0)


@lru_cache(maxsize=64)
def _make_work(task: str, setup: str) -> Callable[[Any], object]:
    module, _, name = task.partition(":")
    work: Callable[[Any], object] = getattr(importlib.import_module(module), name)(json.loads(setup))
    return work


if __name__ == "__main__":
    main()
