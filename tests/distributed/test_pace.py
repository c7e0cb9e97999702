"""Calls are sized by measured time, limits are a molecule's, and losses scale with the pool."""

import pytest

from molgan.distributed.calls import Task
from molgan.distributed.lost_workers import Losses, Lost
from molgan.distributed.pace import Pace


def test_calls_last_some_seconds_whatever_a_molecule_takes() -> None:
    pace = Pace()
    assert pace.choose_size(10_000, 2) == 1  # nothing is known
    pace.add(1, 20.0)
    assert pace.choose_size(10_000, 2) == 1  # a docking
    for _ in range(40):
        pace.add(256, 256 * 2e-4)
    assert pace.choose_size(10_000, 2) == 256
    assert pace.choose_size(40, 2) == 5  # a quarter of a worker's share
    pace = Pace()
    pace.add(4, 2.0)
    assert pace.choose_size(10_000, 2) == 10  # 5 s


def test_the_limit_of_a_call_grows_with_its_molecules() -> None:
    pace = Pace()
    assert pace.limit(1, 6.0) == 6.0
    assert pace.limit(51, 6.0) == 12.0
    pace.add(1, 0.5)
    assert pace.limit(16, 6.0) == 6.0 + 15 * 5.0  # 16 items of .5 s are not late
    pace.add(256, 256 * 1e-3)
    assert pace.limit(1, 6.0) == 6.0


def test_a_machine_that_is_lost_counts_once() -> None:
    losses, dead = Losses(24), Lost("the worker process died")
    told = [losses.add(dead, "node", gone=True) for _ in range(24)]
    assert told == ["a machine was lost; other workers take the place of those on it", *[None] * 23]
    assert losses.in_a_row == 1 and not losses.too_many


@pytest.mark.parametrize(("workers", "limit"), [(2, 20), (24, 72), (64, 192)])
def test_the_limit_of_losses_scales_with_the_pool(workers: int, limit: int) -> None:
    losses = Losses(workers)
    for _ in range(limit):
        assert "a worker was lost (the worker process died)" in str(
            losses.add(Lost("the worker process died"), "a", gone=False)
        )
    assert not losses.too_many
    losses.add(Lost("took longer than 6 s", late=True), "a", gone=False)
    assert not losses.too_many  # an item is late twice at most, so that this ends by itself
    losses.add(Lost("the worker process died"), None, gone=False)
    assert losses.too_many
    losses.reset()
    assert not losses.too_many


def test_a_list_is_tried_twice_and_each_item_twice() -> None:
    dead, late = Lost("died"), Lost("late", late=True)
    task = Task(7, ["a", "b"])
    assert task.retry(dead) == [task]
    parts = task.retry(dead)
    assert [(part.position, part.items, part.losses) for part in parts] == [(7, ["a"], 0), (8, ["b"], 0)]
    assert parts[0].retry(dead) == [parts[0]] and parts[0].retry(dead) == []
    slow = Task(0, ["a", "b"]).retry(late)
    assert [part.losses for part in slow] == [1, 1]
    assert slow[0].retry(late) == []
