"""The part of one worker in data-parallel training."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.utils import parameters_to_vector, vector_to_parameters

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Share:
    """Worker `rank` of `workers` that train one network together.

    All workers share each batch: every worker takes its own molecules of it and divides its loss by the size of the
    whole batch, so that the sums of the gradients are those of one worker with the whole batch. The batch size and the
    learning rate therefore mean the same for any number of workers. `all_reduce` replaces a tensor by its sum over the
    workers, in all of them; `all_gather` gives each worker the values of all, by rank.

    Decisions over a whole batch are made by every worker from the same gathered values, so that all workers have the
    same memories and counters.
    """

    rank: int = 0
    workers: int = 1
    all_reduce: Callable[[Tensor], object] = lambda tensor: None
    all_gather: Callable[[Any], list[Any]] = lambda value: [value]

    @property
    def leads(self) -> bool:
        """Whether this worker is the one that writes checkpoints."""
        return self.rank == 0

    def of(self, rows: np.ndarray) -> np.ndarray:
        """This worker's rows of a batch: every `workers`th, so that each gets long and short molecules."""
        return rows[self.rank :: self.workers]

    def whole(self, own: Sequence[T]) -> list[T]:
        """The whole batch, gathered from the parts of all workers. Every worker must call it."""
        parts = self.all_gather(list(own))
        return [parts[i % self.workers][i // self.workers] for i in range(sum(map(len, parts)))]

    def from_leader(self, find: Callable[[], T]) -> T:
        """The result of `find`, which only the leading worker calls. Every worker must call this method."""
        found: T = self.all_gather(find() if self.leads else None)[0]
        return found

    def total(self, value: Tensor) -> float:
        """The sum of a number over the workers. Every worker must call it."""
        value = value.detach().clone()
        self.all_reduce(value)
        return value.item()

    def sum_gradients(self, parameters: Iterable[nn.Parameter]) -> None:
        """Replace the gradients by their sums over the workers. Every worker must call it."""
        if self.workers == 1:
            return
        parameters = list(parameters)
        gradients = [torch.zeros_like(p) if p.grad is None else p.grad for p in parameters]
        flat = parameters_to_vector(gradients)
        self.all_reduce(flat)
        vector_to_parameters(flat, gradients)
        for parameter, gradient in zip(parameters, gradients, strict=True):
            parameter.grad = gradient


ALONE = Share()
