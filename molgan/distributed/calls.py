"""What a pool of actors has under way: lists of items, the actors, and the calls of them."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from molgan.distributed.lost_workers import Lost
from molgan.distributed.reservation import Seat


@dataclass(slots=True)
class Task:
    """A list of items to work on, and how often a worker was lost with it."""

    position: int
    items: Sequence[Any]
    losses: int = 0

    def retry(self, lost: Lost) -> list[Task]:
        """The tasks to try after a worker was lost with this one; an empty list when the task is given up.

        The first loss may have nothing to do with the items: a node failed, somebody killed the worker, a server did
        not answer. A list that took too long is not tried as a whole again, since that would take as long once more.
        """
        self.losses += 1
        alone = len(self.items) == 1
        if self.losses == 1 and (alone or not lost.late):
            return [self]
        # An item of a list that took too long has had one try; the items of a list whose worker died have had none.
        return [] if alone else [Task(self.position + i, [item], int(lost.late)) for i, item in enumerate(self.items)]


@dataclass(slots=True)
class Actor:
    """An actor: Ray's handle of it, the seat that is reserved for it, and the node on which it has started."""

    handle: Any
    seat: Seat | None
    node: str | None = None


@dataclass(slots=True)
class Call:
    """A running call; without a task while the worker starts, or when the task is no longer wanted."""

    actor: Actor
    task: Task | None = None
    starts: bool = False
    began: float = field(default_factory=time.monotonic)


@dataclass(frozen=True, slots=True)
class Raised:
    """The result of a call whose work raised an error."""

    error: Exception


def make_tasks(lists: Iterable[Sequence[Any] | None]) -> Iterator[Task | None]:
    """A task for each list; None in place of a list stays."""
    position = 0
    for items in lists:
        if items is None:
            yield None
        else:
            yield Task(position, items)
            position += len(items)
