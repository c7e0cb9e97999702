"""A pool of Ray actors that work on lists of items, and are replaced when they die."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from threading import RLock, Timer
from typing import Any

from molgan.base.errors import RunError
from molgan.base.progress import Progress, Silent
from molgan.distributed.calls import Actor, Call, Raised, Task, make_tasks
from molgan.distributed.lost_workers import Losses, Lost
from molgan.distributed.pace import Pace
from molgan.distributed.pools import Shape
from molgan.distributed.reservation import Reservation, Seat
from molgan.distributed.settings import PoolSettings
from molgan.distributed.shortage import Reminder, describe_shortage

_SECONDS_TO_START = 300.0
_SECONDS_TO_PAUSE = 2.0


class Workers:
    """Ray actors of the class `kind`, built with `arguments`, whose method `work(items)` gives a result for a list.

    `bounds` gives the least and the most of them: more start while lists wait, and idle ones end. They start in the
    background, and `run` uses them as they become ready. A worker that dies is replaced, and its list goes to another.
    A list that kills two workers, or takes too long, is split and each item tried alone; an item that kills two
    workers, or takes too long twice, is `Lost`. `progress` gets a message for every lost worker, and what is missing
    while none can start.
    """

    def __init__(
        self,
        kind: type,
        arguments: tuple[Any, ...],
        settings: PoolSettings,
        *,
        bounds: tuple[int, int],
        seats: Sequence[Seat] = (),
        reservation: Reservation | None = None,
        progress: Progress | None = None,
    ) -> None:
        """
        Args:
            kind: The class of the actors.
            arguments: The arguments of its constructor.
            settings: Processors, GPUs and memory of an actor, time limits.
            bounds: The least and the most actors.
            seats: Reserved room for the first actors; more of them take what is free.
            reservation: What the seats are part of; while it waits for room, no actor without a seat takes any.
            progress: Gets messages.
        """
        import ray

        # Ray itself must not restart an actor (one that dies on its start would be restarted for ever) nor repeat
        # a call: this class decides what to do about a call that killed its actor.
        self._bundle = Shape.of(settings).bundle
        memory: dict[str, Any] = {name: amount for name, amount in self._bundle.items() if name == "memory"}
        self._kind: Any = ray.remote(
            num_cpus=settings.cpus, num_gpus=settings.gpus, max_restarts=0, max_task_retries=0, **memory
        )(kind)
        self._arguments = arguments
        self._settings = settings
        self._least, self._most = bounds
        self._seats = list(seats)
        self._reservation = reservation
        if reservation is not None:
            reservation.make_room.append(self._make_room)
        self._progress = progress or Silent()
        self._reminder = Reminder(self._progress)
        self._losses = Losses(self._most)
        self._pause_until = 0.0
        self.pace = Pace()
        self._idle: list[Actor] = []
        self._calls: dict[Any, Call] = {}
        self._lock = RLock()
        self._timer: Timer | None = None
        for _ in range(self._least):
            self._start()

    def __len__(self) -> int:
        """The number of workers, including those that are starting."""
        return len(self._idle) + len(self._calls)

    def run(self, lists: Iterable[Sequence[Any] | None]) -> Iterator[tuple[int, Any]]:
        """Work on lists of items; yields (position, result) for each, in the order in which they finish.

        Lists are read when a worker is there to take one; None in place of a list means that there is none for now,
        while others are being worked on. The position is that of the first item of the list among all items. A lost
        item is yielded as its position and `Lost`. Raises the errors of `work`, and RunError when no worker can start
        or too many are lost in a row.
        """
        with self._lock:
            yield from self._run(make_tasks(lists))

    def _run(self, unread: Iterator[Task | None]) -> Iterator[tuple[int, Any]]:
        self._stop_timer()
        waiting: deque[Task] = deque()
        more = True
        try:
            while True:
                self._make_room()
                more = self._read(unread, waiting) if more else False
                if not (more or waiting or any(call.task for call in self._calls.values())):
                    return
                while waiting and self._idle:
                    self._hand_out(waiting.popleft())
                starting = sum(call.starts for call in self._calls.values())
                for _ in range(min(self._most - len(self), len(waiting) - starting, self._count_startable())):
                    self._start()
                yield from self._settle(self._collect_ended(), waiting)
        finally:
            for call in self._calls.values():
                call.task = None
            if len(self) > self._least:
                self._timer = Timer(self._settings.idle, self._shrink)
                self._timer.daemon = True
                self._timer.start()

    def _settle(self, ended: list[tuple[Call, Any]], waiting: deque[Task]) -> list[tuple[int, Any]]:
        """The results of ended calls; lists to try again go to `waiting`. Raises the errors of `work` once all calls
        are settled."""
        found: list[tuple[int, Any]] = []
        errors: list[Exception] = []
        for call, result in ended:
            if isinstance(result, Lost):
                self._replace(call.actor, result, starting=call.starts)
                tasks = call.task.retry(result) if call.task else []
                waiting.extendleft(reversed(tasks))
                if call.task and not tasks:
                    found.append((call.task.position, result))
                continue
            self._idle.append(call.actor)
            if isinstance(result, Raised):
                errors.append(result.error)
            elif call.starts:
                call.actor.node = result
            if call.task:
                self._losses.reset()
                self.pace.add(len(call.task.items), time.monotonic() - call.began)
                found.append((call.task.position, result))
        if errors:
            raise errors[0]
        return found

    def _read(self, unread: Iterator[Task | None], waiting: deque[Task]) -> bool:
        """Read as many lists as there are, or can be, workers without one; returns whether there may be more."""
        busy = sum(call.task is not None for call in self._calls.values())
        while len(waiting) < self._most - busy:
            try:
                task = next(unread)
            except StopIteration:
                return False
            if task is None:
                return True
            waiting.append(task)
        return True

    def close(self) -> None:
        """Stop the workers."""
        import ray

        self._stop_timer()
        if self._reservation is not None:
            self._reservation.make_room.remove(self._make_room)
            self._reservation = None
        for actor in [*self._idle, *(call.actor for call in self._calls.values())]:
            ray.kill(actor.handle)
        self._idle, self._calls = [], {}

    def _shrink(self) -> None:
        """Stop idle workers beyond the least, first those that have not started yet, last those with a seat."""
        import ray

        with self._lock:
            unwanted = [reference for reference, call in self._calls.items() if call.task is None]
            self._idle.sort(key=lambda actor: actor.seat is None)
            while len(self) > self._least and (unwanted or self._idle):
                actor = self._calls.pop(unwanted.pop()).actor if unwanted else self._idle.pop()
                ray.kill(actor.handle)
                self._free_seat(actor)

    def _count_startable(self) -> int:
        """How many actors may be started: any number, as many as have a seat while others wait for room, or none for
        a while after some were lost on their start."""
        if time.monotonic() < self._pause_until:
            return 0
        return self._most if self._reservation is None or self._reservation.is_whole else len(self._seats)

    def _make_room(self) -> None:
        """While the reservation waits for room, end actors without a seat that do nothing."""
        if self._reservation is None or self._reservation.is_whole or not self._lock.acquire(blocking=False):
            return
        import ray

        try:
            starting = {reference for reference, call in self._calls.items() if call.starts and call.actor.seat is None}
            unwanted = [actor for actor in self._idle if actor.seat is None]
            unwanted += [self._calls.pop(reference).actor for reference in starting]
            self._idle = [actor for actor in self._idle if actor.seat is not None]
            for actor in unwanted:
                ray.kill(actor.handle)
        finally:
            self._lock.release()

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _start(self) -> None:
        seat = self._seats.pop(0) if self._seats else None
        strategy = seat.strategy if seat is not None else "DEFAULT"
        handle = self._kind.options(scheduling_strategy=strategy).remote(*self._arguments)
        self._calls[handle.__ray_call__.remote(_find_node)] = Call(Actor(handle, seat), starts=True)

    def _free_seat(self, actor: Actor) -> None:
        if actor.seat is not None:
            self._seats.append(actor.seat)

    def _hand_out(self, task: Task) -> None:
        actor = self._idle.pop()
        self._calls[actor.handle.work.remote(task.items)] = Call(actor, task)

    def _collect_ended(self) -> list[tuple[Call, Any]]:
        """The calls that have ended since the last time, each with its result or `Lost`."""
        import ray

        if not self._calls:  # all of them have made room
            time.sleep(1.0)
            return []
        ray.wait(list(self._calls), timeout=1.0)  # for the first one
        ready, _ = ray.wait(list(self._calls), num_returns=len(self._calls), timeout=0)
        ended = [self._fetch_result(reference) for reference in ready] + list(self._stop_late())
        if ended or self._idle or not all(call.starts for call in self._calls.values()):
            self._reminder.reset()
        else:
            self._report_wait()
        return ended

    def _fetch_result(self, reference: Any) -> tuple[Call, Any]:
        import ray
        from ray.exceptions import OutOfMemoryError, RayActorError, RayError, RayTaskError

        call = self._calls.pop(reference)
        try:
            return call, ray.get(reference)
        except RayTaskError as error:
            return call, Raised(error)
        except RayActorError as error:
            if error.actor_init_failed:
                raise RunError(f"a worker cannot start: {str(error).strip().splitlines()[-1]}") from error
            return call, Lost("the worker process died")
        except OutOfMemoryError:
            return call, Lost("out of memory")
        except RayError as error:
            return call, Lost(type(error).__name__)

    def _stop_late(self) -> Iterator[tuple[Call, Lost]]:
        import ray

        now, timeout = time.monotonic(), self._settings.timeout
        for reference, call in list(self._calls.items()):
            if not call.task or not timeout:
                continue
            if now - call.began > self.pace.limit(len(call.task.items), timeout):
                ray.kill(call.actor.handle)
                del self._calls[reference]
                yield call, Lost(f"took longer than {timeout:g} s", late=True)

    def _report_wait(self) -> None:
        """While no worker has started: tell what is missing. Raises RunError where nothing is, yet none starts."""
        youngest = time.monotonic() - max(call.began for call in self._calls.values())
        self._reminder.tick(lambda: self._find_shortage() or ("a worker is starting" if youngest > 30 else None))
        if youngest > _SECONDS_TO_START and self._find_shortage() is None:
            raise RunError(f"no worker has started within {_SECONDS_TO_START:g} s, though there is room for one")

    def _find_shortage(self) -> str | None:
        """What the workers that are starting wait for; None where room is there for one."""
        import ray

        seats = [call.actor.seat for call in self._calls.values() if call.actor.seat is not None]
        if seats:
            found = seats[0].shortage()
            return found and f"a worker {found}"
        free = ray.available_resources()
        if all(free.get(name, 0.0) >= amount for name, amount in self._bundle.items()):
            return None
        return f"a worker waits for {describe_shortage([self._bundle], free, ray.cluster_resources())}"

    def _replace(self, actor: Actor, lost: Lost, *, starting: bool) -> None:
        import ray

        self._free_seat(actor)
        if starting and time.monotonic() < self._pause_until:
            return  # one of several that were lost on their start; `_run` starts others as they are needed
        gone = actor.node is not None and not lost.late and actor.node not in _find_live_nodes(ray.nodes())
        told = self._losses.add(lost, actor.node, gone=gone)
        if self._losses.too_many:
            raise RunError(f"{self._losses.in_a_row} workers were lost in a row; the last reason: {lost.reason}")
        if told:
            self._progress.message(told)
        if starting:  # Ray goes on placing actors on a machine that is lost until it has noticed
            self._pause_until = time.monotonic() + _SECONDS_TO_PAUSE
        if self._count_startable():
            self._start()


def _find_live_nodes(nodes: Sequence[dict[str, Any]]) -> set[str]:
    return {node["NodeID"] for node in nodes if node["Alive"]}


def _find_node(actor: object) -> str:
    """In a worker, once it has started: the node that it is on."""
    import ray

    return str(ray.get_runtime_context().get_node_id())
