"""The discriminator of real and generated molecules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import torch
from pydantic import ValidationError
from torch import Tensor, nn
from torch_geometric.data import Data

from molgan.base.errors import WeightsError
from molgan.base.progress import Progress
from molgan.chem.molecule import Molecule
from molgan.graphs.features.featurizer import featurize_all
from molgan.graphs.features.graph_arrays import ATOM_COLUMNS, RELATIONS, GraphArrays
from molgan.models.critics.encoder import GraphEncoder
from molgan.models.precision import autocast
from molgan.models.settings import DiscriminatorSettings
from molgan.models.weights import load_module, read_description, save_weights


class Discriminator(nn.Module):
    """R-GCN critic: the logit that a molecule is real and not generated.

    Trained on as many real as generated molecules and calibrated (`temperature`), exp(logit) estimates the ratio of
    their densities (Goodfellow et al. 2014, proposition 1).
    """

    kind: ClassVar[str] = "discriminator"
    temperature: Tensor

    def __init__(self, settings: DiscriminatorSettings | None = None, *, seed: int = 0) -> None:
        super().__init__()
        self.settings = settings or DiscriminatorSettings()
        width = self.settings.readout
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.encoder = GraphEncoder(self.settings)
            self.head = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, width), nn.SiLU(), nn.Linear(width, 1))
        self.register_buffer("temperature", torch.ones(()))

    def describe(
        self, molecules: Sequence[str | Molecule | None], *, workers: int = 1, progress: Progress | None = None
    ) -> GraphArrays:
        """The input of the critic for molecules, one graph each."""
        return featurize_all(molecules, workers=workers, progress=progress)

    def fit_scale(self, real: GraphArrays) -> None:
        """Graphs have no scale: nothing to do."""

    def forward(self, batch: Data) -> Tensor:
        """PyG batch of B molecules, as `GraphArrays.batch` builds it, to float32 [B]: logits of being real."""
        logits: Tensor = self.head(self.encoder(batch))
        return logits.float().squeeze(1) / self.temperature

    def score(
        self,
        molecules: Sequence[str | Molecule | None] | GraphArrays,
        *,
        batch_size: int = 512,
        workers: int = 1,
        bf16: bool = True,
    ) -> np.ndarray:
        """float64 [M]: the logit of each molecule, in order; NaN where it cannot be represented."""
        arrays = molecules if isinstance(molecules, GraphArrays) else featurize_all(molecules, workers=workers)
        values = np.full(len(arrays), np.nan)
        device = self.temperature.device
        training = self.training
        self.eval()
        with torch.inference_mode(), autocast(device, enabled=bf16):
            rows = np.flatnonzero(arrays.valid)
            for start in range(0, len(rows), batch_size):
                chosen = rows[start : start + batch_size]
                values[chosen] = self(arrays.batch(chosen).to(device)).cpu().numpy()
        self.train(training)
        return values

    def save(self, path: str | Path) -> None:
        """Write `path`.safetensors and `path`.json."""
        save_weights(path, self, {"kind": self.kind, **self.about})

    @property
    def about(self) -> dict[str, object]:
        """What `build` needs, as JSON values."""
        return {"settings": self.settings.model_dump(mode="json"), "graph": _graph()}

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """The network saved at `path`. Raises WeightsError for missing or damaged weights, or another architecture."""
        description = read_description(path, cls.kind)
        return load_module(path, lambda: cls.build(description, path)).eval()

    @classmethod
    def build(cls, description: Mapping[str, Any], path: str | Path) -> Self:
        """An untrained network of the architecture that `about` described; `path` is named in errors."""
        if description.get("graph") != _graph():
            raise WeightsError(f"{path}.json: the weights were made for other atom and bond features; train them again")
        try:
            return cls(DiscriminatorSettings(**description["settings"]))
        except (ValidationError, KeyError, TypeError):
            raise WeightsError(f"{path}.json: its settings are not those of a {cls.kind}") from None


def _graph() -> dict[str, object]:
    """The features of a graph; weights fit only these."""
    return {"atom_columns": dict(ATOM_COLUMNS), "relations": list(RELATIONS)}
