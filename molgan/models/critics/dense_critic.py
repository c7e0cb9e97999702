"""Critics of dense graphs, which have gradients through soft graphs, and MolGAN's reward network."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from molgan.models.one_shot.residual import ResidualNetwork
from molgan.models.one_shot.settings import DenseCriticSettings, OneShotSettings
from molgan.models.one_shot.soft_graphs import SoftGraphs, width

_VALENCES = 5


class _Tanh(torch.autograd.Function):
    """torch.tanh up to rounding, by the sigmoid, which takes a tenth of the time on a CPU."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        y = (2 * x).sigmoid_().mul_(2).sub_(1)
        ctx.save_for_backward(y)
        return y

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        (y,) = ctx.saved_tensors
        slope: Tensor = torch.ops.aten.tanh_backward(gradient, y)
        return slope


def _tanh(x: Tensor) -> Tensor:
    y: Tensor = _Tanh.apply(x)  # type: ignore[no-untyped-call]
    return y


def normalise(bonds: Tensor) -> Tensor:
    """Bonds normalised by atom, with a self-loop in place of the category of no bond, [B, n, n, 1 + orders].

    The bonds of an atom are divided by their number |N_i|, which is counted softly and is at least 1.
    """
    orders = bonds[..., 1:]
    number = orders.sum((2, 3)).clamp(min=1)
    itself = torch.eye(bonds.shape[1], dtype=bonds.dtype, device=bonds.device).expand(bonds.shape[:-1])
    return torch.cat([itself.unsqueeze(-1), orders / number[:, :, None, None]], dim=-1)


class DenseConvolution(nn.Module):
    """tanh(f_s(h_i, x_i) + Σ_j Σ_y E_ijy / |N_i| f_y(h_j, x_j)) (De Cao & Kipf 2018, equation 5).

    One product for f_s and all f_y, one for the sums over atoms and bonds; whichever makes less of the features first.
    """

    def __init__(self, features: int, out: int, orders: int = 3) -> None:
        super().__init__()
        self.out = out
        self.messages = nn.Linear(features, (1 + orders) * out)

    def forward(self, h: Tensor, tied: Tensor) -> Tensor:
        """States h [B, n, features] and normalised bonds `tied` (see `normalise`) to [B, n, out]."""
        if h.shape[-1] >= self.out:
            return _tanh(tied.flatten(2) @ self.messages(h).view(len(h), -1, self.out))
        gathered = tied.transpose(2, 3).flatten(1, 2) @ F.pad(h, (0, 1), value=1.0)
        affine = torch.cat([self.messages.weight, self.messages.bias.unsqueeze(1)], dim=1)
        affine = affine.view(-1, self.out, affine.shape[1]).transpose(0, 1).flatten(1)
        return _tanh(F.linear(gathered.view(*h.shape[:2], -1), affine))


class DenseEncoder(nn.Module):
    """MolGAN's R-GCN: convolutions that see the atom types and the state, then the gated sum (equation 6)."""

    def __init__(self, kinds: int, settings: DenseCriticSettings) -> None:
        super().__init__()
        before = [0, *settings.convolutions[:-1]]
        self.layers = nn.ModuleList(
            DenseConvolution(a + kinds, b) for a, b in zip(before, settings.convolutions, strict=True)
        )
        last = settings.convolutions[-1] + kinds
        self.gate_and_value = nn.Linear(last, 2 * settings.readout)

    def forward(self, graphs: SoftGraphs) -> Tensor:
        """B graphs to [B, readout]."""
        h, tied = graphs.nodes, normalise(graphs.bonds)
        for layer in self.layers:
            h = torch.cat([layer(h, tied), graphs.nodes], dim=-1)
        gate, value = self.gate_and_value(h).chunk(2, dim=-1)
        return _tanh((torch.sigmoid(gate) * _tanh(value)).sum(1))


class MinibatchDiscrimination(nn.Module):
    """The nearness of each sample to the others of its batch, as features (Salimans et al. 2016, section 3.2)."""

    def __init__(self, features: int, kernels: int, size: int = 5) -> None:
        super().__init__()
        self.kernels = kernels
        self.project = nn.Linear(features, kernels * size, bias=False)

    def forward(self, h: Tensor) -> Tensor:
        """[B, features] to [B, features + kernels]."""
        m = self.project(h).view(len(h), self.kernels, -1)
        near = torch.exp(-(m.unsqueeze(0) - m.unsqueeze(1)).abs().sum(-1))
        return torch.cat([h, near.sum(1) - 1], dim=1)


def chemistry(graphs: SoftGraphs) -> Tensor:
    """Features of B graphs that a layer would need many examples to learn, [B, chemistry_width]: whether valences are
    exceeded and whether the atoms are connected.

    For each atom and type the valence above 0, 1, … 4, and for each two atoms the share of random walks of n - 1 steps
    that lead from one to the other: 0 between fragments.
    """
    nodes, bonds = graphs
    valences = (bonds @ torch.arange(bonds.shape[-1], dtype=bonds.dtype)).sum(2)
    above = F.relu(valences.unsqueeze(-1) - torch.arange(_VALENCES, dtype=bonds.dtype))
    by_type = nodes.unsqueeze(-1) * above.unsqueeze(-2)
    step = bonds[..., 1:].sum(-1) + torch.eye(nodes.shape[1])
    step = step / step.sum(2, keepdim=True)
    walks = torch.linalg.matrix_power(step, nodes.shape[1] - 1)
    return torch.cat([by_type.flatten(1), walks.flatten(1)], dim=1)


def chemistry_width(max_atoms: int, kinds: int) -> int:
    """Columns of `chemistry`."""
    return max_atoms * kinds * _VALENCES + max_atoms**2


class DenseCritic(nn.Module):
    """Dense graphs to one number for each pack of them, unbounded.

    With PacGAN (Lin et al. 2018) `pack` graphs in a row are judged together, so that a lack of variety shows.

    Of a conditional generator's graphs the critic sees the targets y by projection (Miyato & Koyama 2018, equation 3):
    ψ(x) + a(x) · y + b(x) · y², the form that the density ratio has where targets are normal and independent given x.
    """

    def __init__(self, graphs: OneShotSettings, settings: DenseCriticSettings, *, seed: int = 0) -> None:
        super().__init__()
        self.settings = settings
        self.outputs = 1 + 2 * len(graphs.condition)
        kinds = 1 + len(graphs.atoms)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            if settings.kind != "flat":
                self.encoder = DenseEncoder(kinds, settings)
                packed = settings.readout * settings.pack
                kernels = settings.minibatch_kernels
                self.others = MinibatchDiscrimination(packed, kernels) if kernels else nn.Identity()
                sizes = [packed + kernels, *settings.head]
                layers = [m for a, b in pairwise(sizes) for m in (nn.Linear(a, b), nn.Tanh())]
                self.head = nn.Sequential(*layers, nn.Linear(sizes[-1], self.outputs))
            if settings.kind != "relational":
                features = (width(graphs.max_atoms, kinds) + chemistry_width(graphs.max_atoms, kinds)) * settings.pack
                self.flat = ResidualNetwork(features, settings.width, settings.blocks, self.outputs)

    def forward(self, nodes: Tensor, bonds: Tensor, targets: Tensor | None = None) -> Tensor:
        """nodes [B, n, kinds] and bonds [B, n, n, 4] to [B / pack]; B is a multiple of `pack`.

        `targets` [B, names] in standard deviations are given where the generator is conditional; `pack` is 1 then.
        """
        graphs, pack = SoftGraphs(nodes, bonds), self.settings.pack
        if (0 if targets is None else targets.shape[1]) != (self.outputs - 1) // 2:
            raise ValueError(f"the critic needs {(self.outputs - 1) // 2} targets for each molecule")
        total = nodes.new_zeros(len(nodes) // pack, self.outputs)
        if self.settings.kind != "flat":
            total = total + self.head(self.others(self.encoder(graphs).reshape(len(total), -1)))
        if self.settings.kind != "relational":
            seen = torch.cat([graphs.flat(), chemistry(graphs)], dim=1)
            total = total + self.flat(seen.reshape(len(total), -1))
        if targets is None:
            return total.squeeze(1)
        return total[:, 0] + (total[:, 1:] * torch.cat([targets, targets.square()], dim=1)).sum(1)


class DenseRewardNetwork(DenseCritic):
    """A differentiable approximation of a reward in 0..1 (De Cao & Kipf 2018, section 3.3)."""

    def __init__(self, graphs: OneShotSettings, settings: DenseCriticSettings, *, seed: int = 0) -> None:
        alone = settings.model_copy(update={"pack": 1, "minibatch_kernels": 0})
        super().__init__(graphs.model_copy(update={"condition": ()}), alone, seed=seed)

    def forward(self, nodes: Tensor, bonds: Tensor, targets: Tensor | None = None) -> Tensor:
        """[B] rewards in 0..1. Raises ValueError for targets: a reward has none."""
        return torch.sigmoid(super().forward(nodes, bonds, targets))

    def loss(self, graphs: SoftGraphs, rewards: Tensor) -> Tensor:
        """The mean squared error against the true rewards [B] of the molecules, a scalar."""
        return F.mse_loss(self(*graphs), rewards)
