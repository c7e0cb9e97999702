"""The work of one of the Ray workers that train together."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Thread
from types import TracebackType
from typing import Any, Self

from molgan.base.errors import MolganError
from molgan.distributed.mailbox import Done, Failed, Reported, Started
from molgan.distributed.session import import_from
from molgan.distributed.watchdog import Beat
from molgan.training.checkpoint import read_checkpoint, write_checkpoint
from molgan.training.share import Share

_SECONDS_TO_END = 5.0


def work(task: dict[str, Any]) -> None:
    """Take part in the training that `task` describes; see `train_on_ray`."""
    import ray.train
    import torch

    import_from(task["path"])
    torch.set_num_threads(task["threads"])
    mailbox = task["mailbox"]
    with _Pulse(mailbox, ray.train.get_context().get_world_rank(), task["pulse"]) as pulse:
        _work(task, mailbox, pulse)


def _work(task: dict[str, Any], mailbox: Any, pulse: _Pulse) -> None:
    import ray
    from ray.train.torch import get_device

    share = _make_share(pulse)
    loop, networks = ray.get(task["loop"])
    for network in networks.values():
        network.to(get_device())
    with TemporaryDirectory(prefix="molgan-") as folder:
        leader = _Leader(mailbox, Path(folder) / "checkpoint", pulse) if share.leads else None
        if files := ray.get(mailbox.checkpoint.remote()):
            write_checkpoint(Path(folder) / "checkpoint", files)
        options: dict[str, Any] = {"checkpoint": Path(folder) / "checkpoint", "share": share}
        if leader:
            leader.begin()
        calls = {name: partial(leader.ask, name) if leader else _ignore for name in task["calls"]}
        try:
            outcome = loop(**networks, **calls, **options, report=leader.report if leader else _ignore)
        except MolganError as error:
            ray.get(mailbox.post.remote(Failed(error)))
            raise
        if leader:
            tensors = {name: network.cpu().state_dict() for name, network in networks.items()}
            leader.end(outcome, tensors)


class _Leader:
    """The worker that reports for all workers, and calls the functions of the driver."""

    def __init__(self, mailbox: Any, checkpoint: Path, pulse: _Pulse) -> None:
        self._mailbox = mailbox
        self._pulse = pulse
        self._checkpoint = checkpoint
        self._stamp: int | None = None
        self._last: Any = None

    def begin(self) -> None:
        self._new_checkpoint()
        self._post(Started())

    def report(self, metrics: dict[str, Any], saved: Mapping[str, Any] | None) -> None:
        self._post(Reported(dict(metrics), saved, self._new_checkpoint()))

    def ask(self, name: str, *arguments: Any) -> Any:
        import ray

        self._pulse.steps += 1
        return ray.get(self._mailbox.ask.remote(name, *arguments))

    def end(self, outcome: Any, networks: dict[str, dict[str, Any]]) -> None:
        import ray

        self._post(Done(outcome, networks, self._new_checkpoint()))
        ray.get(self._last)

    def _post(self, message: Any) -> None:
        """Send a message without waiting for it to arrive; the one before has arrived by then."""
        import ray

        self._pulse.steps += 1
        if self._last is not None:
            ray.get(self._last)
        self._last = self._mailbox.post.remote(message)

    def _new_checkpoint(self) -> dict[str, bytes]:
        """The files of the checkpoint; empty if it has not changed since the last call."""
        state = self._checkpoint / "state.json"
        stamp = state.stat().st_mtime_ns if state.exists() else None
        if stamp == self._stamp:
            return {}
        self._stamp = stamp
        return read_checkpoint(self._checkpoint)


class _Pulse:
    """Sends signs of life of this worker, every `seconds`, from a thread; for use in a `with` block."""

    def __init__(self, mailbox: Any, rank: int, seconds: float) -> None:
        self.steps = 0
        self._mailbox = mailbox
        self._rank = rank
        self._seconds = seconds
        self._over = Event()

    def __enter__(self) -> Self:
        import ray

        self._node = str(ray.get_runtime_context().get_node_id())
        self._thread = Thread(target=self._beat, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._over.set()
        self._thread.join(_SECONDS_TO_END)  # or it would give a sign after the last one
        with suppress(Exception):  # the driver, and the mailbox with it, may be gone
            self._mailbox.beat.remote(self._rank, None)

    def _beat(self) -> None:
        while True:
            with suppress(Exception):
                self._mailbox.beat.remote(self._rank, Beat(self._node, os.getpid(), self.steps))
            if self._over.wait(self._seconds):
                return


def _ignore(*arguments: Any) -> None:
    pass


def _make_share(pulse: _Pulse) -> Share:
    import ray.train
    import torch
    from torch import distributed

    context = ray.train.get_context()
    rank, workers = context.get_world_rank(), context.get_world_size()
    if workers == 1:
        return Share()
    # Values other than tensors are gathered on the processor, whatever backend the gradients use.
    group = None if distributed.get_backend() == "gloo" else distributed.new_group(backend="gloo")

    def all_gather(value: Any) -> list[Any]:
        pulse.steps += 1
        values: list[Any] = [None] * workers
        torch.distributed.all_gather_object(values, value, group=group)
        return values

    def all_reduce(tensor: torch.Tensor) -> object:
        pulse.steps += 1
        return distributed.all_reduce(tensor)

    gather: Callable[[Any], list[Any]] = all_gather
    return Share(rank, workers, all_reduce, gather)
