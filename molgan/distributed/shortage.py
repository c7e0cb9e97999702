"""Says what work on a cluster waits for: at once, and again and again, since Ray waits silently."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence

from molgan.base.progress import Progress

Resources = Mapping[str, float]
"""Amounts by Ray's names: CPU, GPU, memory in bytes, and others."""

_WORDS = {"CPU": ("processor", "processors"), "GPU": ("GPU", "GPUs"), "memory": ("GiB of memory", "GiB of memory")}
_SECONDS_UNTIL_FIRST = 2.0
_SECONDS_BETWEEN = 60.0


class Reminder:
    """Repeats a message while a wait goes on. `tick` is called often; the first message comes after 2 s, the next ones
    every 60 s."""

    def __init__(self, progress: Progress, clock: Callable[[], float] = time.monotonic) -> None:
        self._progress = progress
        self._clock = clock
        self._began: float | None = None
        self._next = 0.0

    def tick(self, describe: Callable[[], str | None]) -> None:
        """Called while something is waited for; `describe` says for what, None where that is over."""
        now = self._clock()
        if self._began is None:
            self._began, self._next = now, now + _SECONDS_UNTIL_FIRST
        if now < self._next:
            return
        self._next = now + _SECONDS_BETWEEN
        text = describe()
        if text is None:
            self.reset()
        else:
            self._progress.message(f"{text} (for {now - self._began:.0f} s)")

    def reset(self) -> None:
        """The wait is over."""
        self._began = None


def describe_shortage(bundles: Sequence[Resources], free: Resources, all_there_is: Resources) -> str:
    """What `bundles`, each on one machine, need together and the cluster has not free."""
    wanted = add_up(bundles)
    lacking = [name for name, amount in wanted.items() if free.get(name, 0.0) < amount]
    if not lacking:
        return f"{describe(wanted)}, which are free, but not as {len(bundles)} parts that each fit on one machine"
    shares = [
        f"{_count(name, free.get(name, 0.0))} of {describe({name: all_there_is.get(name, 0.0)})}" for name in lacking
    ]
    return f"{describe(wanted)}, but {' and '.join(shares)} are free"


def add_up(bundles: Sequence[Resources]) -> dict[str, float]:
    """The sums of the amounts by name, processors first, without zeros."""
    total: dict[str, float] = {}
    for bundle in bundles:
        for name, amount in bundle.items():
            if amount:
                total[name] = total.get(name, 0.0) + amount
    return {name: total[name] for name in sorted(total)}


def describe(amounts: Resources) -> str:
    """Amounts in words, such as `4 processors and 1 GPU`."""
    shown = {name: amount for name, amount in amounts.items() if amount} or amounts
    return " and ".join(f"{_count(name, amount)} {_name(name, amount)}" for name, amount in shown.items())


def _count(name: str, amount: float) -> str:
    return f"{round(amount / 2**30, 2):g}" if name == "memory" else f"{amount:g}"


def _name(name: str, amount: float) -> str:
    one, many = _WORDS.get(name, (name, name))
    return one if amount == 1 else many
