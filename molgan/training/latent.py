"""What a latent generator learns before it meets a critic: molecules to latents and back, and noise to latents."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from molgan.errors import WeightsError
from molgan.graphs.dense_data import DenseData
from molgan.models.oneshot import OneShotGenerator
from molgan.models.oneshot_settings import OneShotSettings
from molgan.models.precision import autocast
from molgan.models.soft_graphs import SoftGraphs, one_hot
from molgan.training.checkpoint import (
    load_checkpoint,
    optimizer_tensors,
    restore_optimizer,
    save_checkpoint,
    under_prefix,
    with_prefix,
)
from molgan.training.oneshot_settings import AutoencodeSettings, FitSettings, FlowSettings
from molgan.training.signal import step_seed

Report = Callable[[dict[str, Any], Mapping[str, Any] | None], None]


def autoencode(
    generator: OneShotGenerator,
    data: DenseData,
    settings: AutoencodeSettings,
    *,
    seed: int,
    checkpoint: Path | None = None,
    report: Report = lambda metrics, checkpoint: None,
) -> None:
    """Train encoder and decoder in place: reconstruction + kl_weight · KL (a β-VAE, Higgins et al. 2017).

    `report` gets both terms in nats a molecule. Goes on from `checkpoint` exactly.
    """
    trained = nn.ModuleList([generator.encoder, generator.decoder])

    def loss_of(step: int, rng: torch.Generator) -> tuple[Tensor, dict[str, float]]:
        real = _real(data, settings.batch_size, rng)
        reconstruction, kl = _autoencoder_losses(generator, real, rng)
        weight = settings.kl_weight * min(1.0, step / max(1, 5 * settings.warmup))
        return reconstruction + weight * kl, {"reconstruction": reconstruction.item(), "kl": kl.item()}

    fit(
        trained,
        loss_of,
        settings,
        seed=seed,
        molecules=len(data),
        network=generator.settings,
        checkpoint=checkpoint,
        report=report,
    )


def match_flow(
    generator: OneShotGenerator,
    data: DenseData,
    settings: FlowSettings,
    *,
    seed: int,
    checkpoint: Path | None = None,
    report: Report = lambda metrics, checkpoint: None,
) -> None:
    """Train the flow in place on the latents of the data, drawn anew from their posteriors each time.

    `noise` narrows the posteriors: what lies nearer to a molecule's mean is decoded more surely, but what the flow has
    to learn has more holes. Goes on from `checkpoint` exactly; what is kept is the average of the last weights.
    """
    with torch.no_grad():
        parts = [generator.encoder(one_hot(data.graphs, rows).flat()) for rows in _slices(len(data))]
        mean, log_variance = (torch.cat(values) for values in zip(*parts, strict=True))
        generator.flow.mean.copy_(mean.mean(0))
        deviation = settings.noise * (log_variance / 2).exp()
        generator.flow.scale.copy_((mean.var(0) + deviation.square().mean(0)).sqrt())
        generator.flow.spread.fill_(settings.noise)

    def loss_of(step: int, rng: torch.Generator) -> tuple[Tensor, dict[str, float]]:
        rows = torch.randint(len(mean), (settings.batch_size,), generator=rng)
        loss = flow_loss(generator, mean[rows], deviation[rows], targets_of(data, rows.numpy()), rng)
        return loss, {"loss": loss.item()}

    fit(
        generator.flow,
        loss_of,
        settings,
        seed=seed,
        molecules=len(data),
        network=generator.settings,
        checkpoint=checkpoint,
        report=report,
        ema=settings.ema,
    )


def flow_loss(
    generator: OneShotGenerator, mean: Tensor, deviation: Tensor, targets: Tensor | None, rng: torch.Generator
) -> Tensor:
    """E ‖v(x_t, t) - (x₁ - x₀)‖² / size, x_t on the line from noise x₀ to a scaled latent x₁ (Lipman et al. 2023,
    equation 23). Half of the times are uniform, half logit-normal, which is denser in the middle (Esser et al. 2024).
    """
    flow = generator.flow
    latent = mean + deviation * torch.randn(mean.shape, generator=rng)
    end, start = (latent - flow.mean) / flow.scale, torch.randn(mean.shape, generator=rng)
    time = torch.rand(len(mean), generator=rng)
    time[::2] = torch.randn(len(time[::2]), generator=rng).sigmoid()
    velocity = flow.velocity(torch.lerp(start, end, time[:, None]), time, targets)
    return F.mse_loss(velocity, end - start)


def reconstruction_loss(logits: SoftGraphs, graphs: SoftGraphs) -> Tensor:
    """-log p(graph), in nats a molecule."""
    return graph_costs(logits, graphs).mean()


def graph_costs(logits: SoftGraphs, graphs: SoftGraphs) -> Tensor:
    """[B]: -log p of each graph in nats; each pair of positions counts once."""
    i, j = torch.triu_indices(graphs.nodes.shape[1], graphs.nodes.shape[1], 1)
    nodes = -(graphs.nodes * logits.nodes.log_softmax(-1)).sum((1, 2))
    bonds = -(graphs.bonds[:, i, j] * logits.bonds[:, i, j].log_softmax(-1)).sum((1, 2))
    return nodes + bonds


def _autoencoder_losses(generator: OneShotGenerator, real: SoftGraphs, rng: torch.Generator) -> tuple[Tensor, Tensor]:
    mean, log_variance = generator.encoder(real.flat())
    latent = mean + (log_variance / 2).exp() * torch.randn(mean.shape, generator=rng)
    kl = (mean.square() + log_variance.exp() - 1 - log_variance).sum(1).mean() / 2
    return reconstruction_loss(generator.decode(latent), real), kl


def fit(
    module: nn.Module,
    loss_of: Callable[[int, torch.Generator], tuple[Tensor, dict[str, float]]],
    settings: FitSettings,
    *,
    seed: int,
    molecules: int,
    network: OneShotSettings,
    checkpoint: Path | None,
    report: Report,
    ema: float = 0.0,
) -> None:
    """AdamW with warm-up and linear decay; with `ema` the module ends with the average of its weights.

    Goes on from `checkpoint` exactly. Raises WeightsError for a checkpoint of another training.
    """
    optimizer = torch.optim.AdamW(
        module.parameters(), settings.learning_rate, betas=(0.9, 0.99), weight_decay=settings.weight_decay
    )
    averaged = copy.deepcopy(module).requires_grad_(False) if ema else module
    about = {"seed": seed, "molecules": molecules, "network": network.model_dump(mode="json")}
    identity = {**about, **settings.model_dump(mode="json")}
    done = 0
    if checkpoint is not None and (saved := load_checkpoint(checkpoint)) is not None:
        tensors, state = saved
        if state["identity"] != identity:
            raise WeightsError(f"{checkpoint}: a checkpoint of another training; delete it or change the run folder")
        module.load_state_dict(under_prefix("module", tensors))
        averaged.load_state_dict(under_prefix("averaged" if ema else "module", tensors))
        restore_optimizer(optimizer, tensors)
        done = state["step"]
    for step in range(done + 1, settings.steps + 1):
        rng = torch.Generator().manual_seed(step_seed(seed, step))
        pace = min(step / max(1, settings.warmup), (settings.steps - step + 1) / settings.steps)
        for group in optimizer.param_groups:
            group["lr"] = settings.learning_rate * pace
        with autocast(enabled=settings.bf16):
            loss, figures = loss_of(step, rng)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(module.parameters(), settings.clip)
        optimizer.step()
        if ema:
            keep = min(ema, (1 + step) / (10 + step))
            with torch.no_grad():
                for average, current in zip(averaged.parameters(), module.parameters(), strict=True):
                    average.lerp_(current, 1 - keep)
        saved_now = None
        if checkpoint is not None and (step % settings.checkpoint_every == 0 or step == settings.steps):
            tensors = {**with_prefix("module", module.state_dict()), **optimizer_tensors(optimizer)}
            tensors |= with_prefix("averaged", averaged.state_dict()) if ema else {}
            save_checkpoint(checkpoint, tensors, {"identity": identity, "step": step})
            saved_now = {"step": step}
        if step % settings.report_every == 0 or step == settings.steps or saved_now:
            report({"step": step, "steps": settings.steps, **figures}, saved_now)
    if ema:
        module.load_state_dict(averaged.state_dict())


def targets_of(data: DenseData, rows: np.ndarray) -> Tensor | None:
    """The properties of some molecules [n, names], None where the data has none."""
    return None if data.targets is None else torch.from_numpy(data.targets[rows])


def _real(data: DenseData, n: int, rng: torch.Generator) -> SoftGraphs:
    return one_hot(data.graphs, torch.randint(len(data), (n,), generator=rng).numpy())


def _slices(n: int) -> list[np.ndarray]:
    return [np.arange(start, min(n, start + 4096)) for start in range(0, n, 4096)]
