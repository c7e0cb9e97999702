"""The properties that a conditional generator aims at."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor, nn

from molgan.base.errors import InputError

_KNOWN = 2048  # molecules of the training data whose properties are remembered


class Targets(nn.Module):
    """The scale of some properties in the training data, and a sample of their values to draw from."""

    mean: Tensor
    scale: Tensor
    known: Tensor

    def __init__(self, names: tuple[str, ...]) -> None:
        super().__init__()
        self.names = names
        self.register_buffer("mean", torch.zeros(len(names)))
        self.register_buffer("scale", torch.ones(len(names)))
        self.register_buffer("known", torch.zeros(_KNOWN, len(names)))

    def learn(self, values: np.ndarray) -> np.ndarray:
        """Set the scale to the mean and standard deviation of values [M, names]; the values on this scale, float32.

        Raises InputError where there are no values, or all values of a property are the same.
        """
        if not len(values):
            raise InputError(f"network.condition: no molecule of the data has {', '.join(self.names)}")
        deviation = values.std(axis=0)
        for name, spread in zip(self.names, deviation, strict=True):
            if spread < 1e-6:
                raise InputError(f"network.condition: {name} is the same for all molecules of the data; leave it out")
        self.mean.copy_(torch.from_numpy(values.mean(axis=0)))
        self.scale.copy_(torch.from_numpy(deviation))
        standard = self.standard(values)
        # The order of the data is as good as random.
        self.known.copy_(torch.from_numpy(standard)[torch.arange(_KNOWN) % len(standard)])
        return standard

    def standard(self, values: np.ndarray) -> np.ndarray:
        """Values [M, names] in standard deviations from the mean, float32."""
        return np.asarray((values - self.mean.numpy()) / self.scale.numpy(), dtype=np.float32)

    def draw(self, n: int, wanted: Mapping[str, float], rng: torch.Generator) -> Tensor:
        """Draw targets [n, names] from the data, in standard deviations from its mean; `wanted` ones are fixed, in
        their own units.

        The other properties are those of molecules that are similar in the wanted ones.
        """
        if not wanted:
            return self.known[torch.randint(_KNOWN, (n,), generator=rng)]
        at = [self.names.index(name) for name in wanted]
        values = (torch.tensor(list(wanted.values())) - self.mean[at]) / self.scale[at]
        near = (self.known[:, at] - values).square().sum(1).argsort(stable=True)[: max(1, _KNOWN // 32)]
        rows = self.known[near[torch.randint(len(near), (n,), generator=rng)]].clone()
        rows[:, at] = values
        return rows
