"""A pool of actors on a cluster of several machines, which are processes here with processors that they declare."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import molgan_toy_cluster
import molgan_toy_work
import pytest
from molgan_toy_cluster import add
from molgan_toy_work import Echo

from molgan.base.errors import RunError
from molgan.base.progress import Silent
from molgan.distributed.lost_workers import Lost
from molgan.distributed.reservation import reserve
from molgan.distributed.session import ray_session
from molgan.distributed.settings import ComputeSettings, PoolSettings
from molgan.distributed.workers import Workers

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def _toys_on_every_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    folders = [str(Path(molgan_toy_work.__file__).parent), os.environ.get("PYTHONPATH", "")]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, folders)))


class Told(Silent):
    def __init__(self) -> None:
        self.messages: list[str] = []

    def message(self, text: str) -> None:
        self.messages.append(text)


@contextmanager
def cluster(*processors: int) -> Iterator[Any]:
    """Machines with so many processors each, and this process connected to them."""
    machines = [{"num_cpus": float(count)} for count in processors]
    with molgan_toy_cluster.cluster(*machines) as found, ray_session(0, found.address):
        yield found


def test_a_machine_with_24_actors_is_lost() -> None:
    told = Told()
    with cluster(24, 2) as there:
        workers = Workers(Echo, (0.2,), PoolSettings(), bounds=(24, 24), progress=told)
        found, lost = {}, False
        for position, result in workers.run([n] for n in range(200)):
            found[position] = result
            if len(workers._idle) + len(found) > 24 and not lost:
                there.remove_node(there.added[0], allow_graceful=False)
                lost = True
        workers.close()
    assert lost and found == {n: [n] for n in range(200)}
    assert told.messages.count("a machine was lost; other workers take the place of those on it") <= 1
    assert len([text for text in told.messages if "was lost" in text]) <= 24


def test_an_item_that_hangs_is_lost_alone_and_many_at_once_end_nothing() -> None:
    """24 calls that are late at the same moment ended a run that took 20 losses in a row."""
    told = Told()
    with cluster(24):
        workers = Workers(Echo, (0.0,), PoolSettings(timeout=4.0), bounds=(24, 24), progress=told)
        assert dict(workers.run([n] for n in range(30))) == {n: [n] for n in range(30)}
        found = dict(workers.run([f"hang {n}"] for n in range(24)))
        workers.close()
    assert set(found.values()) == {Lost("took longer than 4 s", late=True)}
    assert len([text for text in told.messages if "was lost (took longer" in text]) == 48  # each twice


def test_actors_without_a_seat_make_room_for_what_is_reserved() -> None:
    """Two training workers and an actor are reserved; the second machine, with one of the workers, is lost."""
    told, compute = Told(), ComputeSettings(workers=2)
    with cluster(3, 1) as there:
        from molgan.distributed.pools import plan_pools
        from molgan.scoring.settings import ObjectiveSettings

        pools = plan_pools(ObjectiveSettings.model_validate({"components": [{"scorer": "qed"}]}).components, compute)
        with reserve(compute, [pools], told) as held:
            seats = held.take(pools[0].shape, 1)
            workers = Workers(Echo, (0.0,), PoolSettings(), bounds=(2, 2), seats=seats, reservation=held, progress=told)
            assert dict(workers.run([n] for n in range(8))) == {n: [n] for n in range(8)}
            nodes = {actor.node for actor in workers._idle}
            assert len(workers) == 2
            there.remove_node(there.added[0], allow_graceful=False)  # three of the four processors
            deadline = time.monotonic() + 60
            while held.is_whole and time.monotonic() < deadline:
                time.sleep(0.5)
            assert not held.is_whole
            add(there, num_cpus=2)  # room for what is reserved, and for nothing else
            assert dict(workers.run([n] for n in range(8))) == {n: [n] for n in range(8)}
            while not held.is_whole and time.monotonic() < deadline + 60:
                time.sleep(0.5)
            assert held.is_whole, (told.messages, nodes)
            workers.close()


def test_what_lacks_is_told_and_work_begins_when_it_comes() -> None:
    with cluster() as there:

        class Adding(Told):
            def message(self, text: str) -> None:
                if not self.messages:
                    add(there, num_cpus=1)
                super().message(text)

        told = Adding()
        workers = Workers(Echo, (0.0,), PoolSettings(), bounds=(1, 1), progress=told)
        assert list(workers.run([[1]])) == [(0, [1])]
        workers.close()
    assert told.messages[0].startswith("a worker waits for 1 processor, but 0 of 0 processors are free (for ")


def test_a_pool_with_a_least_of_none_ends_with_the_work() -> None:
    with cluster(2):
        workers = Workers(Echo, (0.0,), PoolSettings(idle=0.5), bounds=(0, 2))
        assert len(workers) == 0
        assert dict(workers.run([n] for n in range(8))) == {n: [n] for n in range(8)}
        deadline = time.monotonic() + 30
        while len(workers) and time.monotonic() < deadline:
            time.sleep(0.1)
        assert len(workers) == 0
        assert list(workers.run([[9]])) == [(0, [9])]
        workers.close()


def test_a_worker_that_cannot_start_says_why() -> None:
    with cluster(1):
        workers = Workers(Echo, ("no number",), PoolSettings(), bounds=(1, 1))
        with pytest.raises(RunError, match=r"a worker cannot start: .*no number"):
            list(workers.run([[1]]))
        workers.close()
