"""One worker's part of data-parallel training."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.utils import parameters_to_vector, vector_to_parameters


@dataclass(frozen=True, slots=True)
class Share:
    """Worker `rank` of `workers` that train one network together.

    A batch is a batch of them all: each takes its own molecules of it, divides its loss by the size of the whole, and
    the sums of the gradients are those of one worker with the whole batch. So the batch size and the learning rate mean
    the same for any number of workers. `all_reduce` replaces a tensor by its sum over the workers, in all of them.
    """

    rank: int = 0
    workers: int = 1
    all_reduce: Callable[[Tensor], object] = lambda tensor: None

    @property
    def leads(self) -> bool:
        """Whether this worker is the one that writes checkpoints."""
        return self.rank == 0

    def of(self, rows: np.ndarray) -> np.ndarray:
        """This worker's rows of a batch: every `workers`th, so that all get long and short molecules alike."""
        return rows[self.rank :: self.workers]

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
