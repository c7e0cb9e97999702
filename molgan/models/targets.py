"""Properties that a conditional generator aims at."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor, nn

from molgan.errors import InputError

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
        """Take over mean and standard deviation of the data's values [M, names]; the values in these units, float32."""
        raw = torch.from_numpy(values.astype(np.float32))
        self.mean.copy_(raw.mean(0))
        self.scale.copy_(raw.std(0, correction=0).clamp(min=1e-6))
        standard = (raw - self.mean) / self.scale
        # The data stands in an order that is as good as random.
        self.known.copy_(standard[torch.arange(_KNOWN) % len(standard)])
        return np.asarray(standard.numpy())

    def aims(self, n: int, wanted: Mapping[str, float], rng: torch.Generator) -> Tensor:
        """[n, names] as the data has them, in standard deviations from its mean, but those `wanted` (in their own
        units) at that value.

        The other properties are those of molecules that are near in the wanted ones. Raises InputError for a property
        that is not among the names.
        """
        for name in wanted:
            if name not in self.names:
                raise InputError(f"no target {name!r}: those of the weights are {', '.join(self.names)}")
        if not wanted:
            return self.known[torch.randint(_KNOWN, (n,), generator=rng)]
        at = [self.names.index(name) for name in wanted]
        values = (torch.tensor(list(wanted.values())) - self.mean[at]) / self.scale[at]
        near = (self.known[:, at] - values).square().sum(1).argsort(stable=True)[: max(1, _KNOWN // 32)]
        rows = self.known[near[torch.randint(len(near), (n,), generator=rng)]].clone()
        rows[:, at] = values
        return rows
