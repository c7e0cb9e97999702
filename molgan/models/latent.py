"""The parts of the latent generator: an encoder of molecules, a decoder to graphs, and a flow from noise to latents."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from molgan.models.oneshot_settings import LatentSettings
from molgan.models.residual import ResidualNetwork

_TIMES = 64  # features of the time


class LatentEncoder(nn.Module):
    """A molecule's flat graph to the mean and the log variance of its latent (Kingma & Welling 2014)."""

    def __init__(self, features: int, settings: LatentSettings) -> None:
        super().__init__()
        self.network = ResidualNetwork(features, settings.width, settings.blocks, 2 * settings.size)

    def forward(self, flat: Tensor) -> tuple[Tensor, Tensor]:
        """[B, features] to two of [B, size]."""
        mean, log_variance = self.network(flat).float().chunk(2, dim=1)
        return mean, log_variance.clamp(-12, 4)


class LatentDecoder(nn.Module):
    """Latents [B, size] to flat logits [B, features]; each block sees the latent anew."""

    def __init__(self, features: int, settings: LatentSettings) -> None:
        super().__init__()
        self.network = ResidualNetwork(settings.size, settings.width, settings.blocks, features, settings.size)

    def forward(self, latent: Tensor) -> Tensor:
        return self.network(latent, latent).float()


class LatentFlow(nn.Module):
    """Moves standard normal noise to latents along a learned velocity, in `flow_steps` Euler steps of one network.

    Trained by flow matching (Lipman et al. 2023; Liu et al. 2023); all steps are one differentiable forward pass, so
    that a critic behind it trains it too. Latents are scaled to mean 0 and variance 1 for it.
    """

    mean: Tensor
    scale: Tensor
    spread: Tensor
    frequencies: Tensor

    def __init__(self, settings: LatentSettings, targets: int = 0) -> None:
        super().__init__()
        self.steps = settings.flow_steps
        self.network = ResidualNetwork(
            settings.size, settings.flow_width, settings.flow_blocks, settings.size, condition=_TIMES + targets
        )
        self.register_buffer("mean", torch.zeros(settings.size))
        self.register_buffer("scale", torch.ones(settings.size))
        self.register_buffer("spread", torch.ones(()))  # of the posteriors' deviation, that it was trained on
        octaves = torch.linspace(0, math.log(200), _TIMES // 2)
        self.register_buffer("frequencies", octaves.exp(), persistent=False)

    def velocity(self, x: Tensor, time: Tensor, targets: Tensor | None = None) -> Tensor:
        """x [B, size], on the way from noise (time 0) to scaled latents (1), and time [B] to the velocity [B, size].

        A conditional flow sees the `targets` [B, targets] too, in standard deviations.
        """
        angles = time[:, None] * self.frequencies
        seen = [angles.sin(), angles.cos()] if targets is None else [angles.sin(), angles.cos(), targets]
        return self.network(x, torch.cat(seen, dim=1)).float()

    def forward(self, noise: Tensor, targets: Tensor | None = None) -> Tensor:
        """[B, size] to latents [B, size]."""
        x = noise
        for step in range(self.steps):
            x = x + self.velocity(x, x.new_full((len(x),), step / self.steps), targets) / self.steps
        return x * self.scale + self.mean
