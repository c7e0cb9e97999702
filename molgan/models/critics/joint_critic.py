"""A critic that sees a molecule both as a graph and by its descriptors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, NamedTuple, Self

import numpy as np
import torch
from torch import Tensor, nn
from torch_geometric.data import Data

from molgan.base.progress import Progress
from molgan.chem.molecule import Molecule
from molgan.graphs.features.descriptions import Descriptions
from molgan.graphs.features.graph_arrays import GraphArrays
from molgan.models.critics.descriptor_critic import DescriptorCritic
from molgan.models.critics.discriminator import Discriminator
from molgan.models.precision import autocast
from molgan.models.weights import load_module, read_description, save_weights


class ViewBatch(NamedTuple):
    """B molecules: a PyG batch, and rows of descriptors [B, columns]."""

    graphs: Data
    rows: Tensor

    def to(self, device: torch.device | str) -> ViewBatch:
        return ViewBatch(self.graphs.to(device), self.rows.to(device))


@dataclass(frozen=True, slots=True, eq=False)
class Views:
    """M molecules as graphs and as descriptions, in the same order."""

    graphs: GraphArrays
    descriptions: Descriptions

    def __len__(self) -> int:
        return len(self.graphs)

    @property
    def failures(self) -> dict[int, str]:
        """The reason for each molecule that lacks one of the views, by its index."""
        return {**self.graphs.failures, **self.descriptions.failures}

    @property
    def valid(self) -> np.ndarray:
        """bool [M]: True where both views exist."""
        return np.asarray(self.graphs.valid & self.descriptions.valid)

    def select(self, rows: np.ndarray) -> Views:
        """The molecules at `rows`, in that order."""
        return Views(self.graphs.select(rows), self.descriptions.select(rows))

    def batch(self, rows: np.ndarray) -> ViewBatch:
        """The molecules at `rows` as the critic takes them."""
        return ViewBatch(self.graphs.batch(rows), self.descriptions.batch(rows))

    def concatenate(self, other: Views) -> Views:
        """These molecules, followed by those of `other`."""
        return Views(self.graphs.concatenate(other.graphs), self.descriptions.concatenate(other.descriptions))


class JointCritic(nn.Module):
    """The sum of the logits of a graph critic and a descriptor critic, which are trained together.

    The sum of two logits stands for the product of two density ratios; trained together, each learns what the other
    does not see.
    """

    kind: ClassVar[str] = "joint critic"
    temperature: Tensor

    def __init__(self, graph: Discriminator, descriptors: DescriptorCritic) -> None:
        super().__init__()
        self.graph = graph
        self.descriptors = descriptors
        self.register_buffer("temperature", torch.ones(()))

    def describe(
        self, molecules: Sequence[str | Molecule], *, workers: int = 1, progress: Progress | None = None
    ) -> Views:
        """The input of the critic for molecules; `progress` gets that of the slower part, the descriptors."""
        graphs = self.graph.describe(molecules, workers=workers)
        return Views(graphs, self.descriptors.describe(molecules, workers=workers, progress=progress))

    def fit_scale(self, real: Views) -> None:
        """Scale the columns of descriptors by real molecules, see `DescriptorCritic.fit_scale`."""
        self.descriptors.fit_scale(real.descriptions)

    def forward(self, batch: ViewBatch) -> Tensor:
        """B molecules to float32 [B]: logits of being real."""
        logits: Tensor = self.graph(batch.graphs) + self.descriptors(batch.rows)
        return logits / self.temperature

    def score(
        self, molecules: Sequence[str | Molecule] | Views, *, batch_size: int = 512, bf16: bool = True
    ) -> np.ndarray:
        """float64 [M]: the logit of each molecule, in order; NaN where it cannot be represented."""
        views = molecules if isinstance(molecules, Views) else self.describe(molecules)
        values = np.full(len(views), np.nan)
        device, training = self.temperature.device, self.training
        self.eval()
        with torch.inference_mode(), autocast(device, enabled=bf16):
            rows = np.flatnonzero(views.valid)
            for start in range(0, len(rows), batch_size):
                chosen = rows[start : start + batch_size]
                values[chosen] = self(views.batch(chosen).to(device)).cpu().numpy()
        self.train(training)
        return values

    def save(self, path: str | Path) -> None:
        """Write `path`.safetensors and `path`.json."""
        save_weights(path, self, {"kind": self.kind, "graph": self.graph.about, "descriptors": self.descriptors.about})

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """The critic saved at `path`. Raises WeightsError for missing or damaged weights, or another architecture."""
        description = read_description(path, cls.kind)
        graph, descriptors = (
            part if isinstance(part := description.get(name), dict) else {} for name in ("graph", "descriptors")
        )
        return load_module(
            path, lambda: cls(Discriminator.build(graph, path), DescriptorCritic.build(descriptors, path))
        ).eval()
