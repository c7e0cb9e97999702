"""Reserves the processors and GPUs of a job on Ray: all that it needs at the same time, or nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from threading import Event, Thread
from typing import Any

from molgan.base.progress import Progress, Silent
from molgan.distributed.pools import Pool, Shape, choose_gpus, count_kept, count_processors, make_bundles
from molgan.distributed.resources import list_machines, may_grow, most_gpus, require_room
from molgan.distributed.session import ray_session
from molgan.distributed.settings import ComputeSettings
from molgan.distributed.shortage import Reminder, describe_shortage

_SECONDS_BETWEEN_LOOKS = 5.0


@dataclass(frozen=True, slots=True)
class Seat:
    """The reserved room of one process: part `index` of Ray's placement group `group`."""

    group: Any
    index: int

    @property
    def strategy(self) -> Any:
        """What makes Ray place an actor here."""
        from ray.util.scheduling_strategies import PlacementGroupSchedulingStrategy

        return PlacementGroupSchedulingStrategy(placement_group=self.group, placement_group_bundle_index=self.index)

    def shortage(self) -> str | None:
        """What the group waits for; None while all of it is placed."""
        return find_shortage(self.group)


@dataclass
class Reservation:
    """Seats for training workers, with so many `gpus` each, and seats for scoring actors by their shape.

    Training and scoring wait for each other. If each took what is free as it needs it, two jobs could each hold what
    the other one waits for; so all that a job needs to go on, one actor of each pool, is one placement group of Ray's,
    which is granted whole. More actors take what is free. When a machine is lost, Ray places its part anew; until the
    group is whole again, actors without a seat make room for it.
    """

    group: Any
    training: list[Seat] = field(default_factory=list)
    gpus: float = 0.0
    seats: dict[Shape, list[Seat]] = field(default_factory=dict)
    is_whole: bool = True
    make_room: list[Callable[[], None]] = field(default_factory=list)
    """What ends actors without a seat, a function for each pool."""

    def take(self, shape: Shape, count: int) -> list[Seat]:
        """Free seats of a shape, at most `count`; no other pool gets them until they are given back."""
        free = self.seats.get(shape, [])
        taken, self.seats[shape] = free[:count], free[count:]
        return taken

    def give_back(self, shape: Shape, seats: Sequence[Seat]) -> None:
        self.seats[shape] = [*self.seats.get(shape, []), *seats]


@contextmanager
def reserve(
    compute: ComputeSettings,
    objectives: Sequence[Sequence[Pool]] = (),
    progress: Progress | None = None,
    *,
    training: bool = True,
) -> Iterator[Reservation]:
    """Start or join Ray, and hold room for the training workers and for an actor of each pool of any one of the
    objectives, which are given by their pools. Waits until all of it is free; `progress` is told at once and every
    minute what is missing, here and whenever a machine is lost.

    Raises ConfigError where the cluster will never have as much, RunError where it cannot be started or reached.
    """
    progress = progress or Silent()
    with ray_session(count_processors(compute, objectives, training=training), compute.address):
        kept = count_kept(objectives)
        require_room(compute, objectives, list_machines(), may_grow, progress, training=training)
        gpus = choose_gpus(compute, kept, most_gpus()) if training else 0.0
        bundles = make_bundles(compute, kept, gpus, training=training)
        if not bundles:
            yield Reservation(None)
            return
        with _hold(bundles, progress) as group:
            seats = [Seat(group, index) for index in range(len(bundles))]
            workers = compute.workers if training else 0
            by_shape, start = {}, workers
            for shape, count in kept.items():
                by_shape[shape] = seats[start : start + count]
                start += count
            held, over = Reservation(group, seats[:workers], gpus, by_shape), Event()
            Thread(target=_watch, args=(held, progress, over), daemon=True).start()
            try:
                yield held
            finally:
                over.set()


def reserve_training(
    reservation: Reservation | None, compute: ComputeSettings, progress: Progress
) -> AbstractContextManager[Reservation]:
    """The given reservation, or one of the training workers alone, for use in a `with` block."""
    return nullcontext(reservation) if reservation is not None else reserve(compute, progress=progress)


def find_shortage(group: Any) -> str | None:
    """What a placement group waits for, in words; None where all of it is placed."""
    import ray

    table = ray.util.placement_group_table(group)
    if table.get("state") == "CREATED":
        return None
    nodes = table.get("bundles_to_node_id") or {}
    bundles = list((table.get("bundles") or {}).items())
    waiting = [bundle for index, bundle in bundles if not nodes.get(index)] or [bundle for _, bundle in bundles]
    return f"waits for {describe_shortage(waiting, ray.available_resources(), ray.cluster_resources())}"


@contextmanager
def _hold(bundles: list[dict[str, float]], progress: Progress) -> Iterator[Any]:
    """A placement group, granted; removed at the end."""
    import ray
    from ray.util.placement_group import placement_group, remove_placement_group

    # Packed, so that an autoscaler can take machines away that nobody is on.
    group = placement_group(bundles, strategy="PACK")
    try:
        reminder = Reminder(progress)
        while not group.wait(1):
            reminder.tick(lambda: _describe_wait(group))
        yield group
    finally:
        with suppress(Exception):  # the cluster may be gone
            if ray.is_initialized():
                remove_placement_group(group)


def _describe_wait(group: Any) -> str | None:
    found = find_shortage(group)
    return found and f"the run {found}"


def _watch(held: Reservation, progress: Progress, over: Event) -> None:
    """Tell when a part of the group has lost its machine and waits for another one, and make room for it."""
    reminder = Reminder(progress)
    while not over.wait(_SECONDS_BETWEEN_LOOKS):
        with suppress(Exception):  # the cluster may be gone
            held.is_whole = find_shortage(held.group) is None
            if held.is_whole:
                reminder.reset()
                continue
            for make_room in list(held.make_room):
                make_room()
            reminder.tick(lambda: None if over.is_set() else _describe_wait(held.group))
