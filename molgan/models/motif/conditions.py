"""Tells the network of a motif generator which properties a molecule is to have."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor, nn

from molgan.models.aiming import check_targets

POINTS = 33  # of a scale; a value between two of them belongs to both, in proportion
_FARTHEST = 4.0  # standard deviations from the mean, where the scale of a property ends
_FURTHEST = math.asinh(100.0)  # the same of what is left of a property, on a scale that is dense at zero
# Beside the embeddings of actions, which start at 1, what starts at 0 learns too slowly: measured, docs/LOG.md.
GAIN = 8.0
_FINEST = 20.0  # of a standard deviation, what the scale of what is left tells apart at least
_WEIGHT = "mw"  # the grammar knows it exactly


class Conditions(nn.Module):
    """Embeds any subset of some properties: [..., width], zero where nothing is said.

    A property adds one embedding of its value, and another one at each step of what the actions so far leave of it, so
    that the network need not count: `parts` [actions + 1, names] is what each action, and at last the start, roughly
    adds to each property, and `steps` [names] how far such sums are from the truth.
    """

    mean: Tensor
    scale: Tensor
    parts: Tensor
    steps: Tensor

    def __init__(self, names: tuple[str, ...], actions: int, width: int) -> None:
        super().__init__()
        self.names = names
        self.register_buffer("mean", torch.zeros(len(names)))
        self.register_buffer("scale", torch.ones(len(names)))
        self.register_buffer("parts", torch.zeros(actions + 1, len(names)))
        self.register_buffer("steps", torch.ones(len(names)))
        self.value = nn.Parameter(torch.zeros(len(names) * POINTS, width))
        self.left = nn.Parameter(torch.zeros(len(names) * POINTS, width))

    @torch.no_grad()
    def learn_scales(self, values: np.ndarray) -> None:
        """Set the scales by the properties of the data [M, names], NaN where unknown."""
        self.mean.copy_(torch.from_numpy(np.nanmean(values, axis=0, dtype=np.float64)))
        self.scale.copy_(torch.from_numpy(np.nanstd(values, axis=0, dtype=np.float64)).clamp(min=1e-3))

    @torch.no_grad()
    def learn_parts(self, parts: np.ndarray, errors: np.ndarray) -> None:
        """Set what each action adds to the properties, [actions + 1, names], and the mean errors of such sums,
        [names], after the scales."""
        self.parts.copy_(torch.from_numpy(parts))
        # Where sums are exact, the scale of what is left would be too fine to reach what a molecule lacks at its start.
        self.steps.copy_(torch.maximum(torch.from_numpy(errors).float(), self.scale / _FINEST))

    def read(self, targets: Mapping[str, float]) -> Tensor:
        """Targets in their units as values [1, names], NaN where nothing is said.

        Raises InputError for a property that is not among the names, or a value that is not finite.
        """
        values = torch.full((1, len(self.names)), torch.nan, device=self.mean.device)
        check_targets(targets, self.names)
        for name, value in targets.items():
            values[0, self.names.index(name)] = value
        return values

    def write(self, values: Tensor) -> dict[str, float]:
        """The targets of `read`, from their values [1, names]; `read` gives the same values again."""
        (row,) = values.float().cpu().numpy()
        return {name: float(str(value)) for name, value in zip(self.names, row, strict=True) if np.isfinite(value)}

    def forward(self, values: Tensor, so_far: Tensor, weight: Tensor) -> Tensor:
        """The embedding at each step, [..., width].

        Args:
            values: Properties to aim at, NaN where nothing is said, broadcastable to [..., names].
            so_far: Sums of `parts` over the actions so far, [..., names].
            weight: Molecular weights so far in daltons, [...].
        """
        said = values.isfinite()
        told: Tensor = spread((values - self.mean) / self.scale / _FARTHEST, said).flatten(-2) @ self.value
        if _WEIGHT in self.names:
            so_far = so_far.clone()
            so_far[..., self.names.index(_WEIGHT)] = weight
        left = torch.asinh((values - so_far) / self.steps) / _FURTHEST
        told = told + spread(left, said.expand_as(left)).flatten(-2) @ self.left
        return told * GAIN


def spread(position: Tensor, said: Tensor) -> Tensor:
    """Weights [..., POINTS] of the two points next to a position -1..1; zero unless `said`."""
    at = (position.nan_to_num().clamp(-1, 1) + 1) * ((POINTS - 1) / 2)
    points = torch.arange(POINTS, device=position.device)
    return (1 - (at[..., None] - points).abs()).clamp(min=0) * said[..., None]
