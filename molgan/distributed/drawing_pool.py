"""Ray actors that draw molecules, the same ones that one process draws."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from molgan.base.errors import RunError
from molgan.base.progress import Progress, Silent
from molgan.distributed.lost_workers import Lost
from molgan.distributed.reservation import Reservation, reserve_training
from molgan.distributed.session import import_from
from molgan.distributed.settings import ComputeSettings, PoolSettings
from molgan.distributed.workers import Workers
from molgan.models.settings import BATCH

if TYPE_CHECKING:
    from molgan.models.protocols import LikelihoodGenerator, Sample


class DrawingPool:
    """`compute.workers` actors with copies of a generator, until `close`."""

    def __init__(
        self,
        generator: LikelihoodGenerator,
        compute: ComputeSettings,
        progress: Progress | None = None,
        reservation: Reservation | None = None,
    ) -> None:
        """The actors take the room of the training workers in `reservation`, or reserve their own. Raises ConfigError
        or RunError; see `reserve`."""
        with ExitStack() as stack:
            held = stack.enter_context(reserve_training(reservation, compute, progress or Silent()))
            import ray

            threads = compute.threads or 1
            pool = PoolSettings(cpus=threads, gpus=held.gpus, timeout=None)
            bounds = pool.bounds(compute.workers)
            arguments = (ray.put(generator.cpu()), threads, sys.path)
            how: dict[str, Any] = {"bounds": bounds, "seats": held.training, "progress": progress}
            self._workers = Workers(_Drawing, arguments, pool, **how)
            stack.callback(self._workers.close)
            self._open = stack.pop_all()

    def close(self) -> None:
        """End the actors."""
        self._open.close()

    def sample(self, n: int, *, on_batch: Callable[[int], None] = lambda done: None, **options: Any) -> list[Sample]:
        """Like `LikelihoodGenerator.sample`, in batches of 2,048. Raises RunError when a batch kills two actors."""
        tasks = [[(n, start, options)] for start in range(0, n, BATCH)]
        parts: dict[int, list[Sample]] = {}
        for position, result in self._workers.run(tasks):
            if isinstance(result, Lost):
                raise RunError(f"molecules cannot be drawn: {result.reason}")
            parts[position] = result
            on_batch(len(result))
        return [sample for position in sorted(parts) for sample in parts[position]]


class _Drawing:
    """The actor."""

    def __init__(self, generator: LikelihoodGenerator, threads: int, path: list[str]) -> None:
        import_from(path)
        import torch

        torch.set_num_threads(threads)
        self._generator = generator.to("cuda" if torch.cuda.is_available() else "cpu")

    def work(self, tasks: Sequence[tuple[int, int, dict[str, Any]]]) -> list[Sample]:
        """The molecules of a batch among `n`."""
        ((n, start, options),) = tasks
        return self._generator.sample(n, only=range(start, min(start + BATCH, n)), **options)
