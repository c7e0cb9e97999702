"""The graph network that the discriminator and the reward network share: a batch of molecules to one vector each."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch_geometric.data import Data
from torch_geometric.nn import global_add_pool

from molgan.graphs.features.graph_arrays import ATOM_COLUMNS
from molgan.models.critics.relational import RelationalLayer, neighbours
from molgan.models.settings import DiscriminatorSettings


class GraphEncoder(nn.Module):
    """Relational layers, then a gated sum over the atoms (Li et al. 2016, equation 7; MolGAN, equation 6).

    The sum is left without its outer tanh, which saturates on a molecule of more than a few atoms.
    """

    def __init__(self, settings: DiscriminatorSettings) -> None:
        super().__init__()
        width = settings.width
        counts = list(ATOM_COLUMNS.values())
        self.embedding = nn.Linear(sum(counts), width)
        self.register_buffer("first", torch.tensor([0, *counts[:-1]]).cumsum(0), persistent=False)
        self.layers = nn.ModuleList(RelationalLayer(width) for _ in range(settings.layers))
        self.norm = nn.LayerNorm(width)
        self.gate = nn.Linear(2 * width, settings.readout)
        self.value = nn.Linear(2 * width, settings.readout)

    def forward(self, batch: Data) -> Tensor:
        """PyG batch (`x`, `edge_index`, `edge_type`, `batch`, `ptr`) of B molecules to float32 [B, readout]."""
        bound = neighbours(batch.edge_index, batch.edge_type, len(batch.x))
        present = batch.x.new_zeros(len(batch.x), self.embedding.in_features, dtype=torch.float32)
        x = h = self.embedding(present.scatter_(1, batch.x + self.first, 1))
        for layer in self.layers:
            h = layer(h, bound)
        final = torch.cat([self.norm(h), x], dim=1)
        atoms = torch.sigmoid(self.gate(final)) * torch.tanh(self.value(final))
        pooled: Tensor = global_add_pool(atoms.float(), batch.batch, len(batch.ptr) - 1)
        return pooled
