"""Batches of dense graphs with gradients: logits, probabilities or one-hot choices."""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from molgan.graphs.dense.dense_graph import DenseGraphs

Draw = Literal["soft", "gumbel", "straight_through", "argmax"]


class SoftGraphs(NamedTuple):
    """B graphs of n positions: nodes float [B, n, 1 + atom types], bonds float [B, n, n, 4], symmetric.

    Category 0 is no atom and no bond. The diagonal of the bonds is no bond.
    """

    nodes: Tensor
    bonds: Tensor

    def detach(self) -> SoftGraphs:
        return SoftGraphs(self.nodes.detach(), self.bonds.detach())

    def flat(self) -> Tensor:
        """float [B, F]: the nodes, then the upper triangle of the bonds; every pair once."""
        i, j = torch.triu_indices(self.nodes.shape[1], self.nodes.shape[1], 1)
        return torch.cat([self.nodes.flatten(1), self.bonds[:, i, j].flatten(1)], dim=1)


def width(max_atoms: int, kinds: int, orders: int = 4) -> int:
    """Columns of `SoftGraphs.flat`."""
    return max_atoms * kinds + max_atoms * (max_atoms - 1) // 2 * orders


def one_hot(graphs: DenseGraphs, rows: np.ndarray) -> SoftGraphs:
    """Chosen molecules as float32 one-hot graphs."""
    nodes = F.one_hot(torch.from_numpy(graphs.nodes[rows].astype(np.int64)), 1 + len(graphs.atoms)).float()
    bonds = F.one_hot(torch.from_numpy(graphs.bonds[rows].astype(np.int64)), 4).float()
    return SoftGraphs(nodes, bonds)


def draw(logits: SoftGraphs, how: Draw, rng: torch.Generator | None = None, *, temperature: float = 1.0) -> SoftGraphs:
    """Graphs drawn from the logits, with gradients.

    `soft` is the softmax and `gumbel` the same with Gumbel noise (Jang et al. 2017); `straight_through` is the one-hot
    choice of the latter with its gradient, `argmax` the likeliest one-hot choice with the gradient of the softmax.
    """
    nodes = choose(logits.nodes, how, rng, temperature)
    i, j = torch.triu_indices(nodes.shape[1], nodes.shape[1], 1)
    bonds = torch.zeros_like(logits.bonds)
    bonds[..., 0] = torch.eye(nodes.shape[1], dtype=bonds.dtype)
    bonds[:, i, j] = bonds[:, j, i] = choose(logits.bonds[:, i, j], how, rng, temperature)
    return SoftGraphs(nodes, bonds)


def harden(graphs: SoftGraphs, atoms: tuple[str, ...]) -> DenseGraphs:
    """The likeliest category of each position and pair."""
    nodes, bonds = (part.argmax(-1).to(torch.uint8).numpy() for part in graphs)
    return DenseGraphs(nodes, bonds, atoms)


def choose(logits: Tensor, how: Draw, rng: torch.Generator | None, temperature: float = 1.0) -> Tensor:
    """One category of the last dimension, as in `draw`."""
    if how in ("gumbel", "straight_through"):
        uniform = torch.rand(logits.shape, generator=rng, dtype=logits.dtype)
        logits = logits - torch.log(-torch.log(uniform.clamp(1e-20, 1 - 1e-7)))
    soft = torch.softmax(logits / temperature, dim=-1)
    if how in ("soft", "gumbel"):
        return soft
    hard = F.one_hot(soft.argmax(-1), soft.shape[-1]).to(soft.dtype)
    return hard + soft - soft.detach()
