"""Counts workers that are lost in a row, to end a run that loses them for ever."""

from __future__ import annotations

from dataclasses import dataclass

_LEAST_LIMIT = 20
_LIMIT_A_WORKER = 3


@dataclass(frozen=True, slots=True)
class Lost:
    """The result of an item that kills its workers. `late`: it took too long; the worker was ended for that."""

    reason: str
    late: bool = False


class Losses:
    """Losses without a result between them. All workers of a machine that is lost count once. At most 20 in a row are
    taken, and three for each worker of the pool if that is more; late calls are not counted, since an item is late
    twice at most."""

    def __init__(self, workers: int) -> None:
        self.limit = max(_LEAST_LIMIT, _LIMIT_A_WORKER * workers)
        self.in_a_row = 0
        self._gone: set[str] = set()

    def add(self, lost: Lost, machine: str | None, *, gone: bool) -> str | None:
        """Count a worker on `machine`, which is `gone` with it or not; returns what to tell, None for nothing new."""
        if machine is not None and gone:
            if machine in self._gone:
                return None
            self._gone.add(machine)
            self.in_a_row += 1
            return "a machine was lost; other workers take the place of those on it"
        if not lost.late:
            self.in_a_row += 1
        return f"a worker was lost ({lost.reason}); another one takes its place"

    @property
    def too_many(self) -> bool:
        return self.in_a_row > self.limit

    def reset(self) -> None:
        """A worker gave a result."""
        self.in_a_row = 0
