"""A thread that works on what several requests ask for, and joins their lists into one."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from threading import Condition, Thread
from typing import Any, Generic, TypeVar

from molgan.base.errors import RunError

T = TypeVar("T")
R = TypeVar("R")
Result = TypeVar("Result")

_ENDS = "the server is about to end"


@dataclass
class _Task(Generic[T]):
    """A list to join with others, or else a function to call."""

    items: Sequence[T] = ()
    call: Callable[[], Any] | None = None
    future: Future[Any] = field(default_factory=Future)


class BatchQueue(Generic[T, R]):
    """Calls `work(items) -> results` in a thread, with the items of as many lists that wait as there is room for.

    Lists that wait are joined in the order in which they came, up to `most` items; a longer one goes alone. A caller
    that hands in its next list when it has the result of the last takes turns with the others.
    """

    def __init__(self, work: Callable[[list[T]], Sequence[R]], most: int) -> None:
        self._work = work
        self._most = most
        self._tasks: deque[_Task[T]] = deque()
        self._change = Condition()
        self._is_closed = False
        self._thread = Thread(target=self._run, name="batches", daemon=True)
        self._thread.start()

    async def ask(self, items: Sequence[T]) -> list[R]:
        """The results of the items, in order. Raises what `work` raises."""
        results: list[R] = await self._wait(_Task(items))
        return results

    async def do(self, call: Callable[[], Result]) -> Result:
        """The result of a function, called in the same thread."""
        result: Result = await self._wait(_Task(call=call))
        return result

    def close(self) -> None:
        """End the thread when it has done what it is doing; what waits fails."""
        with self._change:
            self._is_closed = True
            self._change.notify()
        self._thread.join()

    async def _wait(self, task: _Task[T]) -> Any:
        with self._change:
            if self._is_closed:
                raise RunError(_ENDS)
            self._tasks.append(task)
            self._change.notify()
        return await asyncio.wrap_future(task.future)

    def _run(self) -> None:
        while tasks := self._take():
            # A client that has gone has cancelled its future.
            tasks = [task for task in tasks if task.future.set_running_or_notify_cancel()]
            if tasks:
                self._perform(tasks)

    def _take(self) -> list[_Task[T]]:
        """The tasks to do together; none when the queue is closed."""
        with self._change:
            self._change.wait_for(lambda: self._tasks or self._is_closed)
            if self._is_closed:
                _fail([task for task in self._tasks if task.future.set_running_or_notify_cancel()], RunError(_ENDS))
                return []
            taken = [self._tasks.popleft()]
            count = len(taken[0].items)
            while self._tasks and taken[0].call is None and self._tasks[0].call is None:
                count += len(self._tasks[0].items)
                if count > self._most:
                    break
                taken.append(self._tasks.popleft())
            return taken

    def _perform(self, tasks: list[_Task[T]]) -> None:
        try:
            if tasks[0].call is not None:
                return tasks[0].future.set_result(tasks[0].call())
            results = self._work([item for task in tasks for item in task.items])
        except Exception as error:
            return _fail(tasks, error)
        except BaseException as error:  # code that a scorer calls may end its thread, and all who wait for it
            return _fail(tasks, RunError(f"a scorer raised {type(error).__name__}"))
        start = 0
        for task in tasks:
            task.future.set_result(list(results[start : start + len(task.items)]))
            start += len(task.items)


def _fail(tasks: Sequence[_Task[T]], error: Exception) -> None:
    for task in tasks:
        task.future.set_exception(error)
