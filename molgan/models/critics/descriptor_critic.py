"""A critic of whole molecules: it sees their descriptors, and how familiar their fragments are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import torch
from pydantic import ValidationError
from torch import Tensor, nn

from molgan.base.errors import WeightsError
from molgan.base.progress import Progress
from molgan.chem.familiarity import Familiarity
from molgan.chem.molecule import Molecule
from molgan.graphs.features.descriptions import COLUMNS, Descriptions, describe_all
from molgan.models.precision import autocast
from molgan.models.settings import DescriptorCriticSettings
from molgan.models.weights import load_module, read_description, save_weights

_MOST_FRAGMENTS = 1 << 26  # 200 times as many as those of MOSES
_WIDEST = 6.0  # standard deviations from the mean; values beyond are clipped


class DescriptorCritic(nn.Module):
    """The logit that a molecule is real and not generated, by a perceptron on `COLUMNS`, scaled by `fit_scale`.

    As for `Discriminator`, the calibrated exp(logit) estimates the ratio of the densities (Goodfellow et al. 2014,
    proposition 1). Molecules that the critic is trained on or judges must not be in the reference of `familiarity`.
    """

    kind: ClassVar[str] = "descriptor critic"
    temperature: Tensor
    mean: Tensor
    scale: Tensor
    keys: Tensor
    counts: Tensor

    def __init__(
        self, familiarity: Familiarity, settings: DescriptorCriticSettings | None = None, *, seed: int = 0
    ) -> None:
        super().__init__()
        self.settings = settings or DescriptorCriticSettings()
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            sizes = [len(COLUMNS), *[self.settings.width] * self.settings.layers]
            hidden = [[nn.Linear(before, after), nn.SiLU()] for before, after in pairwise(sizes)]
            self.network = nn.Sequential(*(layer for pair in hidden for layer in pair), nn.Linear(sizes[-1], 1))
        self.register_buffer("temperature", torch.ones(()))
        self.register_buffer("mean", torch.zeros(len(COLUMNS)))
        self.register_buffer("scale", torch.ones(len(COLUMNS)))
        # Stored as signed numbers with the same bits, since tensors have no unsigned 32-bit type.
        self.register_buffer("keys", torch.from_numpy(familiarity.keys.view(np.int32)))
        self.register_buffer("counts", torch.from_numpy(familiarity.counts))

    @property
    def familiarity(self) -> Familiarity:
        """The reference that fragments are compared with."""
        return Familiarity(self.keys.cpu().numpy().view(np.uint32), self.counts.cpu().numpy())

    def fit_scale(self, real: Descriptions) -> None:
        """Scale columns to mean 0 and standard deviation 1 over `real`; a constant column keeps its unit."""
        values = real.values[real.valid].astype(np.float64)
        deviation = values.std(0)
        self.mean.copy_(torch.from_numpy(values.mean(0)))
        self.scale.copy_(torch.from_numpy(np.where(deviation > 1e-3, deviation, 1.0)))

    def describe(
        self, molecules: Sequence[str | Molecule], *, workers: int = 1, progress: Progress | None = None
    ) -> Descriptions:
        """The input of the critic for molecules, one row each."""
        return describe_all(molecules, self.familiarity, workers=workers, progress=progress)

    def forward(self, values: Tensor) -> Tensor:
        """Rows of `COLUMNS` [B, len(COLUMNS)] to float32 [B]: logits of being real."""
        scaled = ((values - self.mean) / self.scale).clamp(-_WIDEST, _WIDEST)
        logits: Tensor = self.network(scaled)
        return logits.float().squeeze(1) / self.temperature

    def score(
        self, molecules: Sequence[str | Molecule] | Descriptions, *, batch_size: int = 8192, bf16: bool = False
    ) -> np.ndarray:
        """float64 [M]: the logit of each molecule, in order; NaN for an invalid one."""
        described = molecules if isinstance(molecules, Descriptions) else self.describe(molecules)
        values = np.full(len(described), np.nan)
        device, training = self.temperature.device, self.training
        self.eval()
        with torch.inference_mode(), autocast(device, enabled=bf16):
            rows = np.flatnonzero(described.valid)
            for start in range(0, len(rows), batch_size):
                chosen = rows[start : start + batch_size]
                values[chosen] = self(described.batch(chosen).to(device)).cpu().numpy()
        self.train(training)
        return values

    def save(self, path: str | Path) -> None:
        """Write `path`.safetensors and `path`.json."""
        save_weights(path, self, {"kind": self.kind, **self.about})

    @property
    def about(self) -> dict[str, object]:
        """What `build` needs, as JSON values."""
        settings = self.settings.model_dump(mode="json")
        return {"settings": settings, "columns": list(COLUMNS), "fragments": len(self.keys)}

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """The critic saved at `path`. Raises WeightsError for missing or damaged weights, or another architecture."""
        description = read_description(path, cls.kind)
        return load_module(path, lambda: cls.build(description, path)).eval()

    @classmethod
    def build(cls, description: Mapping[str, Any], path: str | Path) -> Self:
        """An untrained critic of the architecture that `about` described; `path` is named in errors."""
        if description.get("columns") != list(COLUMNS):
            raise WeightsError(f"{path}.json: the weights were made for other descriptors; train them again")
        try:
            size = int(description["fragments"])
            if not 0 <= size <= _MOST_FRAGMENTS:
                raise ValueError
            empty = Familiarity(np.zeros(size, dtype=np.uint32), np.zeros(size, dtype=np.int32))
            return cls(empty, DescriptorCriticSettings(**description["settings"]))
        except (ValidationError, KeyError, TypeError, ValueError, OverflowError):
            raise WeightsError(f"{path}.json: its settings are not those of a {cls.kind}") from None
