"""What waits is joined, each gets its own, and nothing is waited for in vain."""

import asyncio
import threading

import pytest

from molgan.base.errors import RunError
from molgan.serving.batch_queue import BatchQueue


class Work:
    """Doubles numbers, and waits at its first call until it may go on."""

    def __init__(self) -> None:
        self.calls: list[list[int]] = []
        self.goes_on = threading.Event()

    def __call__(self, items: list[int]) -> list[int]:
        self.calls.append(items)
        assert self.goes_on.wait(60)
        if 13 in items:
            raise ValueError("thirteen")
        return [2 * item for item in items]


async def ask_all(queue: BatchQueue[int, int], work: Work, lists: list[list[int]]) -> list[object]:
    """The answers to lists that wait while the first one is worked on."""
    asked = [asyncio.ensure_future(queue.ask(lists[0]))]
    while not work.calls:
        await asyncio.sleep(0.01)
    asked += [asyncio.ensure_future(queue.ask(items)) for items in lists[1:]]
    await asyncio.sleep(0.05)
    work.goes_on.set()
    return await asyncio.gather(*asked, return_exceptions=True)


def test_lists_that_wait_are_joined_as_far_as_there_is_room() -> None:
    work = Work()
    queue = BatchQueue(work, most=4)
    answers = asyncio.run(ask_all(queue, work, [[1], [2, 3], [4], [5, 6], [7, 8, 9, 10, 11], []]))
    assert answers == [[2], [4, 6], [8], [10, 12], [14, 16, 18, 20, 22], []]
    assert work.calls == [[1], [2, 3, 4], [5, 6], [7, 8, 9, 10, 11], []]
    queue.close()


def test_a_failure_reaches_those_who_wait_for_it_and_no_one_else() -> None:
    work = Work()
    queue = BatchQueue(work, most=2)
    first, second, third = asyncio.run(ask_all(queue, work, [[1], [13], [3, 4]]))
    assert (first, third) == ([2], [6, 8])
    assert isinstance(second, ValueError)
    queue.close()


def test_code_that_ends_its_thread_does_not_end_the_queue() -> None:
    def leave(items: list[int]) -> list[int]:
        if items == [0]:
            raise SystemExit
        return items

    async def ask_twice() -> list[int]:
        with pytest.raises(RunError, match="SystemExit"):
            await queue.ask([0])
        return await queue.ask([1])

    queue = BatchQueue(leave, most=1)
    assert asyncio.run(ask_twice()) == [1]
    queue.close()


def test_a_client_that_is_gone_costs_no_work_and_a_closed_queue_answers() -> None:
    work = Work()
    queue = BatchQueue(work, most=1)

    async def leave() -> list[object]:
        asked = [asyncio.ensure_future(queue.ask([number])) for number in (1, 2, 3)]
        while not work.calls:
            await asyncio.sleep(0.01)
        asked[1].cancel()
        await asyncio.sleep(0.05)
        work.goes_on.set()
        answers = await asyncio.gather(asked[0], asked[2])
        queue.close()
        with pytest.raises(RunError, match="about to end"):
            await queue.ask([4])
        return list(answers)

    assert asyncio.run(leave()) == [[2], [6]]
    assert work.calls == [[1], [3]]
