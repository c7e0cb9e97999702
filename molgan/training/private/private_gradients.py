"""The gradient of differentially private training: those of single molecules, clipped and summed, and noise."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor

from molgan.models.protocols import Network
from molgan.models.threads import map_in_threads
from molgan.training.private.noise import KeyedNoise


class PrivateGradients:
    """Sets gradients by the Gaussian mechanism (Abadi et al. 2016, algorithm 1): the gradient of each molecule is
    scaled to a norm of at most `clip`, over all parameters together; their sum gets normal noise of standard deviation
    `multiplier` times `clip`, and is divided by the expected size of a batch, not by its own, which is secret.

    One backward pass a molecule, which fits every generator. Opacus' own gradients do not fit this one: its hooks see
    modules, and the head is computed by slices of its weights for some positions alone (`MotifNetwork.log_probs`).
    """

    def __init__(self, noise: KeyedNoise, *, clip: float, multiplier: float, expected: float) -> None:
        """
        Args:
            noise: The source of the noise.
            clip: Largest norm of the gradient of one molecule.
            multiplier: Standard deviation of the noise, in units of `clip`.
            expected: Molecules of a batch, on average.
        """
        self._noise = noise
        self._clip = clip
        self._multiplier = multiplier
        self._expected = expected

    def __call__(self, network: Network, losses: Sequence[Callable[[], Tensor]], step: int) -> Tensor:
        """Set the gradients of one step; `losses` has one a molecule. Returns their mean, 0 for an empty batch."""
        parameters = [parameter for parameter in network.parameters() if parameter.requires_grad]
        sums = [torch.zeros_like(parameter) for parameter in parameters]
        total = sums[0].new_zeros(())

        def differentiate(loss: Callable[[], Tensor]) -> tuple[Tensor, Sequence[Tensor | None]]:
            value = loss()
            return value.detach(), torch.autograd.grad(value, parameters, allow_unused=True)

        for value, gradients in map_in_threads(differentiate, losses, parameters[0].device):
            known = [gradient for gradient in gradients if gradient is not None]
            norm = float(torch.stack([gradient.square().sum() for gradient in known]).sum().sqrt())
            if not math.isfinite(norm) or not math.isfinite(float(value)):
                continue  # counts as 0, which is within the clip
            total = total + value
            factor = min(1.0, self._clip / max(norm, 1e-12))
            for sum_, gradient in zip(sums, gradients, strict=True):
                if gradient is not None:
                    sum_.add_(gradient, alpha=factor)
        source = self._noise.open(step, "noise")
        for parameter, sum_ in zip(parameters, sums, strict=True):
            drawn = torch.from_numpy(source.standard_normal(tuple(sum_.shape), dtype=np.float32)).to(sum_)
            parameter.grad = sum_.add_(drawn, alpha=self._multiplier * self._clip).div_(self._expected)
        return total / max(1, len(losses))
