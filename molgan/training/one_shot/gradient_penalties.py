"""Penalties on the gradient of a critic with regard to its input, which keep the critic smooth."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor


def gradient_penalty(
    critic: Callable[..., Tensor],
    real: Sequence[Tensor],
    fake: Sequence[Tensor],
    generator: torch.Generator | None = None,
) -> Tensor:
    """E (‖∇f(x̂)‖₂ - 1)², x̂ uniform on the line between a real and a fake sample (Gulrajani et al. 2017, equation 3).

    `real` and `fake` are the critic's inputs, each tensor [B, ...]: for dense graphs nodes and bonds. One x̂ and one
    norm over all inputs for each sample. Discrete graphs have no line between them: for dense, soft graphs only.
    """
    share = torch.rand(len(real[0]), generator=generator, device=real[0].device, dtype=real[0].dtype)
    between = [
        torch.lerp(f.detach(), r.detach(), share.view(-1, *[1] * (r.dim() - 1))).requires_grad_()
        for r, f in zip(real, fake, strict=True)
    ]
    gradients = torch.autograd.grad(critic(*between).sum(), between, create_graph=True)
    norm = torch.cat([gradient.flatten(1) for gradient in gradients], dim=1).norm(dim=1)
    penalty: Tensor = (norm - 1).square().mean()
    return penalty


def zero_centred_penalty(critic: Callable[..., Tensor], samples: Sequence[Tensor]) -> Tensor:
    """E ‖∇f(x)‖² / 2 at samples of one kind: R1 at real ones, R2 at fake ones (Mescheder et al. 2018, equation 9).

    R3GAN (Huang et al. 2024) adds both, each times gamma. `samples` are the critic's inputs, each tensor [B, ...]; one
    norm over all inputs for each sample.
    """
    inputs = [sample.detach().requires_grad_() for sample in samples]
    gradients = torch.autograd.grad(critic(*inputs).sum(), inputs, create_graph=True)
    return sum((g.square().flatten(1).sum(1) for g in gradients), torch.zeros(())).mean() / 2
