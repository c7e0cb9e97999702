"""What holds a one-shot generator where it was while a critic moves it."""

from __future__ import annotations

import torch
from torch import Tensor

from molgan.models.oneshot import OneShotGenerator
from molgan.models.soft_graphs import SoftGraphs, harden
from molgan.training.latent import flow_loss, reconstruction_loss


def anchor_loss(
    generator: OneShotGenerator, real: SoftGraphs, targets: Tensor | None, rng: torch.Generator
) -> Tensor:
    """The loss of real molecules by which the generator learned before: with `rows` -log p in nats a molecule, with
    `latent` reconstruction and flow matching."""
    if generator.settings.rows is not None:
        rows = torch.from_numpy(generator.rows.vocabulary.encode(harden(real, generator.settings.atoms)))
        whole = (rows >= 0).all(dim=1)
        likelihood: Tensor = generator.rows.log_likelihood(rows[whole], None if targets is None else targets[whole])
        return -likelihood.sum() / len(rows)
    with torch.no_grad():
        mean, log_variance = generator.encoder(real.flat())
    deviation = (log_variance / 2).exp()
    latent = mean + deviation * torch.randn(mean.shape, generator=rng)
    reconstruction = reconstruction_loss(generator.decode(latent), real)
    return reconstruction + flow_loss(generator, mean, generator.flow.spread * deviation, targets, rng)
