"""The messages between a driver and its training workers."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from molgan.base.errors import MolganError
from molgan.distributed.watchdog import Beat


@dataclass(frozen=True, slots=True)
class Started:
    """The workers have started, for the first time or again after one was lost."""


@dataclass(frozen=True, slots=True)
class Reported:
    """Metrics that the loop reports, and the files of its checkpoint when there is a new one."""

    metrics: dict[str, Any]
    saved: Mapping[str, Any] | None
    checkpoint: dict[str, bytes]


@dataclass(frozen=True, slots=True)
class Asked:
    """A call of a function of the driver, which answers with the number of the call."""

    number: int
    name: str
    arguments: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Failed:
    """The loop ended with an error of its own, which would come again after a restart."""

    error: MolganError


@dataclass(frozen=True, slots=True)
class Done:
    """The loop has ended: its result, the tensors of the networks by name, and a new checkpoint if there is one."""

    outcome: Any
    networks: dict[str, dict[str, Any]]
    checkpoint: dict[str, bytes]


class Mailbox:
    """The actor that holds the messages. It runs on the node of the driver, without which the training ends anyway.

    It also keeps the newest checkpoint, so that workers need no storage that they share with the driver.
    """

    def __init__(self, checkpoint: dict[str, bytes]) -> None:
        self._checkpoint = checkpoint
        self._messages: list[Any] = []
        self._something = asyncio.Event()
        self._answers: list[asyncio.Future[Any]] = []
        self._beats: dict[int, tuple[Beat, float]] = {}

    async def post(self, message: Any) -> None:
        """Send a message from a worker to the driver."""
        if isinstance(message, Reported | Done) and message.checkpoint:
            self._checkpoint = message.checkpoint
        self._messages.append(message)
        self._something.set()

    async def ask(self, name: str, *arguments: Any) -> Any:
        """Call the function of the driver with this name, and return its result."""
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._answers.append(answer)
        await self.post(Asked(len(self._answers) - 1, name, arguments))
        return await answer

    async def answer(self, number: int, value: Any) -> None:
        """Send the result of a call from the driver to the worker that asked."""
        self._answers[number].set_result(value)

    async def take(self, seconds: float) -> list[Any]:
        """The messages since the last call; waits for one, at most so many seconds."""
        try:
            await asyncio.wait_for(self._something.wait(), seconds)
        except TimeoutError:
            return []
        self._something.clear()
        messages, self._messages = self._messages, []
        return messages

    async def beat(self, rank: int, beat: Beat | None) -> None:
        """Give a sign of life of a worker; None from one that ends."""
        if beat is None:
            self._beats.pop(rank, None)
        else:
            self._beats[rank] = beat, time.monotonic()

    async def beats(self) -> dict[int, tuple[Beat, float]]:
        """The last sign of life of each worker, by rank, and its age in seconds."""
        now = time.monotonic()
        return {rank: (beat, now - at) for rank, (beat, at) in self._beats.items()}

    async def forget_beats(self) -> None:
        """Forget the signs of life of workers that are gone."""
        self._beats.clear()

    async def checkpoint(self) -> dict[str, bytes]:
        """The files of the newest checkpoint, empty when there is none."""
        return self._checkpoint
