"""How long a molecule takes, as measured; from it the size of a call and its time limit."""

from __future__ import annotations

_SECONDS_A_CALL = 5.0
_LARGEST = 256
_CALLS_A_WORKER = 4
_SLACK = 10.0
_ROWS_FOR_ONE_LIMIT = 50


class Pace:
    """The mean seconds of an item over the last calls, None before the first."""

    def __init__(self) -> None:
        self.seconds: float | None = None

    def add(self, items: int, seconds: float) -> None:
        """A call with so many items took so long."""
        one = seconds / max(items, 1)
        self.seconds = one if self.seconds is None else 0.7 * self.seconds + 0.3 * one

    def choose_size(self, count: int, workers: int) -> int:
        """How many of `count` items a call gets: about 5 s of work, a quarter of a worker's share and 256 at most. One
        while nothing is known, since each may take minutes."""
        if self.seconds is None:
            return 1
        share = -(-count // (_CALLS_A_WORKER * workers))
        return max(1, min(_LARGEST, share, int(_SECONDS_A_CALL / max(self.seconds, 1e-9))))

    def limit(self, items: int, timeout: float) -> float:
        """Seconds that a call may take, where one item may take `timeout`: that, and ten times what the others took on
        average; before anything is known, a fiftieth more for each. A call that is ended is tried item by item, so that
        no item is lost that alone takes less than `timeout`."""
        if self.seconds is None:
            return timeout * (1 + (items - 1) / _ROWS_FOR_ONE_LIMIT)
        return timeout + _SLACK * self.seconds * (items - 1)
