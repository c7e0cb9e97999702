"""Generators of small molecules as whole graphs: all atoms and bonds at once, or atom by atom."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any, ClassVar, Self

import torch
from pydantic import ValidationError
from torch import Tensor, nn

from molgan.base.errors import WeightsError
from molgan.chem.molecule import Molecule
from molgan.graphs.dense.dense_graph import decode
from molgan.models.aiming import check_targets
from molgan.models.one_shot.rows import RowGenerator
from molgan.models.one_shot.settings import OneShotSettings
from molgan.models.one_shot.soft_graphs import Draw, SoftGraphs, draw, harden
from molgan.models.one_shot.targets import Targets
from molgan.models.registry import register
from molgan.models.settings import BATCH
from molgan.models.weights import load_module, read_description, save_weights


@register
class OneShotGenerator(nn.Module):
    """Generates dense graphs from noise: by MolGAN's layers, or, with `rows`, atom by atom.

    MolGAN (De Cao & Kipf 2018, section 3.1): three layers with tanh, then one linear map to the atoms and one to the
    bonds, which is made symmetric. With `condition` the input is noise and, behind it, the targets.
    """

    kind: ClassVar[str] = "one-shot generator"

    def __init__(self, settings: OneShotSettings | None = None, *, seed: int = 0) -> None:
        super().__init__()
        self.settings = settings = settings or OneShotSettings()
        self.kinds = 1 + len(settings.atoms)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.targets = Targets(settings.condition) if settings.condition else None
            if settings.rows is not None:
                self.rows = RowGenerator(settings.max_atoms, settings.atoms, settings.rows, len(settings.condition))
            else:
                sizes = [settings.noise + len(settings.condition), *settings.hidden]
                layers = [m for a, b in pairwise(sizes) for m in (nn.Linear(a, b), nn.Tanh())]
                self.body = nn.Sequential(*layers)
                self.nodes = nn.Linear(sizes[-1], settings.max_atoms * self.kinds)
                self.bonds = nn.Linear(sizes[-1], settings.max_atoms**2 * 4)

    @property
    def identity(self) -> str:
        """All that decides which molecules are drawn apart from the tensors."""
        return str(self.settings)

    def forward(self, noise: Tensor, targets: Tensor | None = None) -> SoftGraphs:
        """Standard normal noise [B, noise] and, if the generator is conditional, `targets` [B, names] in standard
        deviations, to the logits of B graphs. Not for `rows`, which have no logits before a choice."""
        settings = self.settings
        h = self.body(noise if targets is None else torch.cat([noise, targets], dim=1))
        nodes = self.nodes(h).unflatten(1, (settings.max_atoms, self.kinds))
        bonds = self.bonds(h).unflatten(1, (settings.max_atoms, settings.max_atoms, 4))
        return SoftGraphs(nodes, (bonds + bonds.transpose(1, 2)) / 2)

    def graphs(self, batch: int, rng: torch.Generator, targets: Tensor | None = None) -> SoftGraphs:
        """Graphs drawn for training, with gradients."""
        return self._draw_graphs(batch, self.settings.draw, rng, targets)

    def _draw_graphs(self, batch: int, how: Draw, rng: torch.Generator, targets: Tensor | None) -> SoftGraphs:
        temperature = self.settings.temperature
        if self.settings.rows is not None:
            graphs: SoftGraphs = self.rows(batch, how, rng, temperature=temperature, targets=targets)
            return graphs
        noise = torch.randn(batch, self.settings.noise, generator=rng)
        return draw(self(noise, targets), how, rng, temperature=temperature)

    def check_targets(self, targets: Mapping[str, float]) -> None:
        """Raises InputError for a property that the generator was not trained for, or a value that is not finite."""
        check_targets(targets, self.settings.condition)

    @torch.no_grad()
    def sample(
        self,
        n: int,
        *,
        seed: int,
        batch: int = BATCH,
        targets: Mapping[str, float] | None = None,
        on_batch: Callable[[int], None] = lambda done: None,
    ) -> list[Molecule]:
        """Draw molecules from noise, in order. Nothing is repaired or drawn again; an invalid graph has a reason.

        Args:
            n: Number of molecules.
            seed: Seed of all random numbers; the same seed and batch give the same molecules.
            batch: Molecules drawn together.
            targets: Values that a conditional generator aims at, by property and in its unit; other properties are
                drawn from the training data.
            on_batch: Called with the number of molecules just drawn.

        Raises:
            InputError: A target is not finite, or the generator was not trained for it.
        """
        self.check_targets(targets or {})
        rng = torch.Generator().manual_seed(seed)
        found: list[Molecule] = []
        for start in range(0, n, batch):
            # Always a whole batch, so that the first molecules do not depend on n.
            aims = None if self.targets is None else self.targets.draw(batch, targets or {}, rng)
            chosen = harden(self._draw_graphs(batch, self.settings.sample, rng, aims), self.settings.atoms)
            some = min(batch, n - start)
            found += decode(type(chosen)(chosen.nodes[:some], chosen.bonds[:some], chosen.atoms))
            on_batch(some)
        return found

    def save(self, path: str | Path, **about: Any) -> None:
        """Write `path`.safetensors and `path`.json, with facts `about` the training."""
        save_weights(path, self, {"kind": self.kind, "network": self.settings.model_dump(mode="json"), **about})

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read what `save` wrote. Raises WeightsError for missing or damaged weights, or another architecture."""
        description = read_description(path, cls.kind)
        try:
            settings = OneShotSettings(**description["network"])
        except (ValidationError, KeyError, TypeError):
            raise WeightsError(f"{path}.json: its settings are not those of a {cls.kind}") from None
        return load_module(path, lambda: cls(settings)).eval()
