"""The decoder of a latent generator learns from its own valid molecules, also where it gives none."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from molgan.graphs.dense import DenseGraphs, decode
from molgan.graphs.dense_data import DenseData
from molgan.models.oneshot import OneShotGenerator
from molgan.models.soft_graphs import SoftGraphs, harden, one_hot
from molgan.training.latent import Report, fit, graph_costs, reconstruction_loss, targets_of
from molgan.training.oneshot_settings import ImitateSettings


def imitate(
    generator: OneShotGenerator,
    data: DenseData,
    settings: ImitateSettings,
    *,
    seed: int,
    checkpoint: Path | None = None,
    report: Report = lambda metrics, checkpoint: None,
) -> None:
    """Fine-tune the decoder in place on latents that the flow makes from noise, each with a valid molecule as target.

    The target is what the decoder says, if that is valid; else, of what it says at `tries` latents nearby, the valid
    molecule that is likeliest at the latent itself, if there is one (self-imitation, Oh et al. 2018, with validity as
    the return). Beside that the data is reconstructed as in `autoencode`. Nothing is taken from the data for a latent,
    so that what is novel stays novel. Goes on from `checkpoint` exactly; `report` gets the validity before the
    correction and the share of latents with a target.
    """

    def loss_of(step: int, rng: torch.Generator) -> tuple[Tensor, dict[str, float]]:
        rows = torch.randint(len(data), (settings.batch_size,), generator=rng).numpy()
        real = one_hot(data.graphs, rows)
        with torch.no_grad():
            mean, log_variance = generator.encoder(real.flat())
            deviation = (log_variance / 2).exp()
            seen = mean + deviation * torch.randn(mean.shape, generator=rng)
            noise = torch.randn(mean.shape, generator=rng)
            latent = generator.flow(noise, targets_of(data, rows))
            reach = settings.jitter * deviation.mean(0)
            targets, chosen, validity = _targets(generator, latent, reach, settings.tries, rng)
        costs = graph_costs(generator.decode(latent[chosen]), one_hot(targets, np.arange(len(targets))))
        imitation = costs.sum() / len(latent)
        reconstruction = reconstruction_loss(generator.decode(seen), real)
        figures = {"validity": validity, "targets": len(chosen) / len(latent), "imitation": imitation.item()}
        return imitation + settings.anchor * reconstruction, {**figures, "reconstruction": reconstruction.item()}

    fit(
        generator.decoder,
        loss_of,
        settings,
        seed=seed,
        molecules=len(data),
        network=generator.settings,
        checkpoint=checkpoint,
        report=report,
        ema=settings.ema,
    )


def _targets(
    generator: OneShotGenerator, latent: Tensor, reach: Tensor, tries: int, rng: torch.Generator
) -> tuple[DenseGraphs, Tensor, float]:
    """Graphs to imitate, the rows of `latent` that they are for, and the share that needed no correction."""
    atoms = generator.settings.atoms
    logits = generator.decode(latent)
    said = harden(logits, atoms)
    valid = torch.tensor([molecule.valid for molecule in decode(said)])
    wrong = torch.nonzero(~valid).squeeze(1)
    validity = float(valid.float().mean())
    if not len(wrong) or not tries:
        return _rows(said, valid.numpy()), torch.nonzero(valid).squeeze(1), validity
    # [tries, wrong, size]
    near = latent[wrong] + reach * torch.randn(tries, len(wrong), latent.shape[1], generator=rng)
    others = harden(generator.decode(near.flatten(0, 1)), atoms)
    known = torch.tensor([molecule.valid for molecule in decode(others)]).view(tries, len(wrong))
    repeated = SoftGraphs(*(part[wrong].repeat(tries, *[1] * (part.dim() - 1)) for part in logits))
    costs = graph_costs(repeated, one_hot(others, np.arange(len(others)))).view(tries, len(wrong))
    least, best = costs.masked_fill(~known, torch.inf).min(0)
    mended = torch.isfinite(least)
    picked = (best * len(wrong) + torch.arange(len(wrong)))[mended].numpy()
    kept = torch.nonzero(valid).squeeze(1)
    both = [_rows(said, valid.numpy()), _rows(others, picked)]
    graphs = DenseGraphs(*(np.concatenate([getattr(one, name) for one in both]) for name in ("nodes", "bonds")), atoms)
    return graphs, torch.cat([kept, wrong[mended]]), validity


def _rows(graphs: DenseGraphs, rows: np.ndarray) -> DenseGraphs:
    return DenseGraphs(graphs.nodes[rows], graphs.bonds[rows], graphs.atoms)
