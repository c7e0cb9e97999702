"""A pool of Ray actors that work on lists of items, and are replaced when they die."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from threading import RLock, Timer
from typing import Any

from molgan.base.errors import RunError
from molgan.base.progress import Progress, Silent
from molgan.distributed.settings import PoolSettings

_SECONDS_TO_START = 300.0
_MOST_LOST_IN_A_ROW = 20


@dataclass(frozen=True, slots=True)
class Lost:
    """The result of an item that kills its workers."""

    reason: str
    late: bool = False


@dataclass(slots=True)
class _Task:
    position: int
    items: Sequence[Any]
    losses: int = 0

    def retry(self, lost: Lost) -> list[_Task]:
        """The tasks to try after a worker was lost with this one; an empty list when the task is given up.

        The first loss may have nothing to do with the items: a node failed, somebody killed the worker, a server did
        not answer. A list that took too long is not tried as a whole again, since that would take as long once more.
        """
        self.losses += 1
        alone = len(self.items) == 1
        if self.losses == 1 and (alone or not lost.late):
            return [self]
        # An item of a list that took too long has had one try; the items of a list whose worker died have had none.
        return [] if alone else [_Task(self.position + i, [item], int(lost.late)) for i, item in enumerate(self.items)]


@dataclass(slots=True)
class _Call:
    """A running call; without a task while the worker starts, or when the task is no longer wanted."""

    actor: Any
    task: _Task | None = None
    began: float = field(default_factory=time.monotonic)


class Workers:
    """Ray actors of the class `kind`, built with `arguments`, whose method `work(items)` gives a result for a list.

    `bounds` gives the least and the most of them: more start while lists wait, and idle ones end. They start in the
    background, and `run` uses them as they become ready. A worker that dies is replaced, and its list goes to another.
    A list that kills two workers, or takes too long, is split and each item tried alone; an item that kills two
    workers, or takes too long twice, is `Lost`. `progress` gets a message for every lost worker.
    """

    def __init__(
        self,
        kind: type,
        arguments: tuple[Any, ...],
        settings: PoolSettings,
        *,
        bounds: tuple[int, int],
        progress: Progress | None = None,
    ) -> None:
        """
        Args:
            kind: The class of the actors.
            arguments: The arguments of its constructor.
            settings: Processors and GPUs of an actor, time limits.
            bounds: The least and the most actors.
            progress: Gets messages.
        """
        import ray

        self._kind: Any = ray.remote(kind).options(
            num_cpus=settings.cpus,
            num_gpus=settings.gpus,
            scheduling_strategy="SPREAD",
            # Ray itself must not restart an actor (one that dies on its start would be restarted for ever) nor repeat
            # a call: this class decides what to do about a call that killed its actor.
            max_restarts=0,
            max_task_retries=0,
        )
        self._arguments = arguments
        self._settings = settings
        self._least, self._most = bounds
        self._progress = progress or Silent()
        self._lost_in_a_row = 0
        self._idle: list[Any] = []
        self._calls: dict[Any, _Call] = {}
        self._lock = RLock()
        self._timer: Timer | None = None
        for _ in range(self._least):
            self._start()

    def __len__(self) -> int:
        """The number of workers, including those that are starting."""
        return len(self._idle) + len(self._calls)

    def run(self, lists: Iterable[Sequence[Any]]) -> Iterator[tuple[int, Any]]:
        """Work on lists of items; yields (position, result) for each, in the order in which they finish.

        The position is that of the first item of the list among all items. A lost item is yielded as its position and
        `Lost`. Raises the errors of `work`, and RunError when no worker can start or too many are lost in a row.
        """
        waiting = deque(_make_tasks(lists))
        with self._lock:
            yield from self._run(waiting)

    def _run(self, waiting: deque[_Task]) -> Iterator[tuple[int, Any]]:
        self._stop_timer()
        try:
            while waiting or any(call.task for call in self._calls.values()):
                while waiting and self._idle:
                    self._hand_out(waiting.popleft())
                starting = sum(call.task is None for call in self._calls.values())
                for _ in range(min(self._most - len(self), len(waiting) - starting)):
                    self._start()
                for call, result in self._collect_ended():
                    if isinstance(result, Lost):
                        self._replace(result)
                        tasks = call.task.retry(result) if call.task else []
                        waiting.extendleft(reversed(tasks))
                        if call.task and not tasks:
                            yield call.task.position, result
                        continue
                    self._idle.append(call.actor)
                    if call.task:
                        self._lost_in_a_row = 0
                        yield call.task.position, result
        finally:
            for call in self._calls.values():
                call.task = None
            if len(self) > self._least:
                self._timer = Timer(self._settings.idle, self._shrink)
                self._timer.daemon = True
                self._timer.start()

    def close(self) -> None:
        """Stop the workers."""
        import ray

        self._stop_timer()
        for actor in [*self._idle, *(call.actor for call in self._calls.values())]:
            ray.kill(actor)
        self._idle, self._calls = [], {}

    def _shrink(self) -> None:
        """Stop idle workers beyond the least, first those that have not started yet."""
        import ray

        with self._lock:
            unwanted = [reference for reference, call in self._calls.items() if call.task is None]
            while len(self) > self._least and (unwanted or self._idle):
                ray.kill(self._calls.pop(unwanted.pop()).actor if unwanted else self._idle.pop())

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _start(self) -> None:
        actor = self._kind.remote(*self._arguments)
        self._calls[actor.__ray_ready__.remote()] = _Call(actor)

    def _hand_out(self, task: _Task) -> None:
        actor = self._idle.pop()
        self._calls[actor.work.remote(task.items)] = _Call(actor, task)

    def _collect_ended(self) -> list[tuple[_Call, Any]]:
        """The calls that have ended since the last time, each with its result or `Lost`."""
        import ray

        if not self._calls:
            raise RunError("no worker is left")
        ready, _ = ray.wait(list(self._calls), timeout=1.0)
        return [self._fetch_result(reference) for reference in ready] + list(self._stop_late())

    def _fetch_result(self, reference: Any) -> tuple[_Call, Any]:
        import ray
        from ray.exceptions import OutOfMemoryError, RayActorError, RayError, RayTaskError

        call = self._calls.pop(reference)
        try:
            return call, ray.get(reference)
        except RayTaskError:
            self._idle.append(call.actor)
            raise
        except RayActorError as error:
            if error.actor_init_failed:
                raise RunError(f"a worker cannot start: {str(error).strip().splitlines()[-1]}") from error
            return call, Lost("the worker process died")
        except OutOfMemoryError:
            return call, Lost("out of memory")
        except RayError as error:
            return call, Lost(type(error).__name__)

    def _stop_late(self) -> Iterator[tuple[_Call, Lost]]:
        import ray

        now, timeout = time.monotonic(), self._settings.timeout
        for reference, call in list(self._calls.items()):
            seconds = now - call.began
            if call.task and timeout and seconds > timeout:
                ray.kill(call.actor)
                del self._calls[reference]
                yield call, Lost(f"took longer than {timeout:g} s", late=True)
        starting = [now - call.began for call in self._calls.values() if call.task is None]
        if len(starting) == len(self._calls) and not self._idle and min(starting, default=0) > _SECONDS_TO_START:
            asked = f"{self._settings.cpus:g} processors and {self._settings.gpus:g} GPUs"
            raise RunError(f"no worker has started within {_SECONDS_TO_START:g} s: each waits for {asked} to be free")

    def _replace(self, lost: Lost) -> None:
        self._lost_in_a_row += 1
        if self._lost_in_a_row > _MOST_LOST_IN_A_ROW:
            raise RunError(f"{self._lost_in_a_row} workers were lost in a row; the last reason: {lost.reason}")
        self._progress.message(f"a worker was lost ({lost.reason}); another one takes its place")
        self._start()


def _make_tasks(lists: Iterable[Sequence[Any]]) -> Iterator[_Task]:
    position = 0
    for items in lists:
        yield _Task(position, items)
        position += len(items)
