"""The part of a motif generator that reads a source molecule, whose analogues it is to draw."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor, nn
from torch_geometric.data import Data
from torch_geometric.nn import global_add_pool
from torch_geometric.utils import to_dense_batch

from molgan.graphs.motif.tree_graphs import COLUMNS
from molgan.models.critics.relational import RelationalLayer, neighbours
from molgan.models.motif.atom_attention import AtomAttention
from molgan.models.motif.conditions import GAIN, POINTS, spread
from molgan.models.motif.source_memory import SourceMemory
from molgan.models.settings import SourceSettings

SIMILARITY = "similarity"
_FURTHEST = math.asinh(16.0)  # four standard deviations of the changes; the scale is dense at no change


class SourceReader(nn.Module):
    """Relational layers over the atoms of the source (R-GCN, Schlichtkrull et al. 2018), and what the steps see of it.

    The source enters where properties to aim at do, as a summand of each step's input, and as the first state of the
    recurrent network; both come from a gated sum over the atoms (Li et al. 2016, equation 7). Besides, each step looks
    at the atoms twice: its input, which is the last action and the motif on top of the stack, finds the place in the
    source that is being written; its hidden state finds the atom to write next, whose motif is made more likely by the
    head's own weights for the action that adds it (a pointer, Vinyals et al. 2015). All of this is zero before training
    and where there is no source, so that the generator stays the prior that it was.

    `names` are what a pair of molecules can be told of: their similarity, and the changes of the properties.
    """

    scale: Tensor

    def __init__(
        self,
        settings: SourceSettings,
        condition: tuple[str, ...],
        *,
        embedding: int,
        hidden: int,
        layers: int,
        out: int,
    ) -> None:
        """`out` is the number of features that the generator's head sees."""
        super().__init__()
        self.settings = settings
        self.names = (SIMILARITY, *condition)
        width, counts = settings.width, list(COLUMNS.values())
        self.embedding = nn.Linear(sum(counts), width)
        self.register_buffer("first", torch.tensor([0, *counts[:-1]]).cumsum(0), persistent=False)
        self.layers = nn.ModuleList(RelationalLayer(width) for _ in range(settings.layers))
        self.norm = nn.LayerNorm(width)
        self.gate = nn.Linear(width, 2 * width)
        self.value = nn.Linear(width, 2 * width)
        self.pooled = nn.LayerNorm(2 * width)
        self.told = nn.Linear(2 * width, embedding, bias=False)
        self.start = nn.Linear(2 * width, layers * hidden, bias=False)
        how = {"heads": settings.heads, "query": settings.query}
        self.before = AtomAttention(embedding, width, embedding, **how)
        self.after = AtomAttention(hidden, width, out, **how)
        self.copy = nn.Linear(hidden, settings.heads, bias=False)
        self.strength = nn.Parameter(torch.zeros(settings.heads))
        self.register_buffer("scale", torch.ones(len(self.names)))
        self.asked = nn.Parameter(torch.zeros(len(self.names) * POINTS, embedding))
        for layer in (self.told, self.start, self.copy):
            nn.init.zeros_(layer.weight)

    @torch.no_grad()
    def learn_scales(self, changes: np.ndarray) -> None:
        """Set the scales of the changes by those of pairs [P, condition], NaN where unknown."""
        deviation = np.sqrt(np.nanmean(np.square(changes, dtype=np.float64), axis=0))
        self.scale[1:] = torch.from_numpy(deviation).clamp(min=1e-3)

    def forward(self, graphs: Data, asked: Tensor | None, head: Tensor) -> SourceMemory:
        """Read sources.

        Args:
            graphs: A batch of `TreeGraphs`, on the device of the network; a graph without atoms is no source.
            asked: The similarity (0..1) and the changes that are asked for, [S, names], NaN where nothing is.
            head: The weights of the generator's head, [actions, out].
        """
        x = graphs.x.new_zeros(len(graphs.x), self.embedding.in_features, dtype=self.embedding.weight.dtype)
        h = self.embedding(x.scatter_(1, graphs.x + self.first, 1))
        bound = neighbours(graphs.edge_index, graphs.edge_type, len(graphs.x))
        for layer in self.layers:
            h = layer(h, bound)
        h = self.norm(h)
        sources = len(graphs.ptr) - 1
        whole = global_add_pool(
            (torch.sigmoid(self.gate(h)) * torch.tanh(self.value(h))).to(h.dtype), graphs.batch, sources
        )
        is_there = graphs.ptr.diff() > 0
        pooled = self.pooled(whole) * is_there[:, None]
        atoms, there = to_dense_batch(h, graphs.batch, batch_size=sources)
        actions, _ = to_dense_batch(graphs.rooted, graphs.batch, fill_value=-1, batch_size=sources)
        start = torch.tanh(self.start(pooled)).view(sources, -1, self.copy.in_features)
        return SourceMemory(
            told=self.told(pooled),
            asked=self._embed(asked, is_there),
            start=start.to(h.dtype),
            atoms=atoms,
            copies=head[actions.clamp(min=0)] * (actions >= 0)[..., None],
            there=there,
            before=self.before.make_keys(atoms),
            after=self.after.make_keys(atoms),
        )

    def _embed(self, asked: Tensor | None, is_there: Tensor) -> Tensor:
        if asked is None:
            return self.asked.new_zeros(len(is_there), self.asked.shape[1])
        position = torch.asinh(4 * asked / self.scale) / _FURTHEST
        position = torch.cat([2 * asked[:, :1] - 1, position[:, 1:]], dim=1)
        said = asked.isfinite() & is_there[:, None]
        embedded: Tensor = spread(position, said).flatten(-2) @ self.asked
        return embedded * GAIN

    def tell(self, inputs: Tensor, memory: SourceMemory) -> Tensor:
        """The network's inputs [B, T, embedding] with what the steps are told and see of their sources."""
        told = memory.told + memory.asked
        folded = _fold(inputs, memory)
        seen = self.before.see(self.before.weigh(folded, memory.before, memory.there), memory.atoms)
        return inputs + (told[:, None] + seen.view_as(inputs)).to(inputs.dtype)

    def recall(self, hidden: Tensor, memory: SourceMemory) -> Tensor:
        """What is added to the features that the head sees, [B, T, out], by the hidden states [B, T, hidden]."""
        folded = _fold(hidden, memory)
        weights = self.after.weigh(folded, memory.after, memory.there)
        seen = self.after.see(weights, memory.atoms)
        strength = (GAIN * self.strength + self.copy(folded).float()).transpose(1, 2)
        copied = torch.einsum("sht,shta->sta", strength, weights)
        recalled: Tensor = seen.float() + copied @ memory.copies.float()
        return recalled.view(*hidden.shape[:2], -1)


def _fold(steps: Tensor, memory: SourceMemory) -> Tensor:
    """All steps in one row, where one source is that of all: keys are then multiplied once."""
    return steps.reshape(1, -1, steps.shape[-1]) if len(memory) == 1 else steps
