"""Draws several candidates for each molecule and keeps the one that comes nearest to the targets."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch

from molgan.base.parallel import split_chunks
from molgan.chem.molecule import parse_all
from molgan.models.protocols import Sample, Sampler
from molgan.scoring.measure import Measure

_WIDTH = 0.05  # standard deviations of the data within which a candidate is as good as another
_UNFIT = -1e9  # of a candidate without the property
_TOGETHER = 4_096  # candidates that are molecules at a time


class NearestGenerator:
    """Draws `candidates` molecules for each that is asked for, and keeps one of them, with the weights
    exp(-d²/2), where d² is the sum over the targets of ((value - target) / width)².

    This is sampling importance resampling (Rubin 1988) of what the generator draws towards molecules that have the
    properties, up to a `width` of a twentieth of their standard deviations in the data. A network that is told a target
    misses it by some distance; the more candidates, the nearer. Each molecule has candidates of its own, so that the
    first ones do not depend on how many are asked for. A candidate whose property cannot be computed is kept only where
    all are such.
    """

    def __init__(self, generator: Sampler, scales: Mapping[str, float], *, candidates: int) -> None:
        """
        Args:
            generator: Draws the candidates.
            scales: Standard deviation in the data of each property that may be a target.
            candidates: Molecules drawn for each one, at least 1.
        """
        self._generator = generator
        self._scales = scales
        self._candidates = candidates

    @property
    def device(self) -> torch.device:
        return self._generator.device

    def sample(
        self,
        n: int,
        *,
        seed: int,
        targets: Mapping[str, float] | None = None,
        on_batch: Callable[[int], None] = lambda done: None,
        **how: Any,
    ) -> list[Sample]:
        """n molecules, the same for the same seed. `how` is what else the generator's `sample` takes."""
        options: dict[str, Any] = {"targets": targets, **how}
        if not targets or self._candidates == 1:
            return self._generator.sample(n, seed=seed, on_batch=on_batch, **options)
        count, drawn, told = self._candidates, 0, 0

        def tell(fresh: int) -> None:
            nonlocal drawn, told
            drawn += fresh
            on_batch(drawn // count - told)
            told = drawn // count

        candidates = self._generator.sample(n * count, seed=seed, on_batch=tell, **options)
        kept: list[Sample] = []
        rng = np.random.default_rng([seed, 3])
        for rows in split_chunks(candidates, _TOGETHER // count * count or count):
            fit = self._judge([sample.smiles for sample in rows], targets).reshape(-1, count)
            chosen = (fit + rng.gumbel(size=fit.shape)).argmax(1)
            kept += [rows[i * count + k] for i, k in enumerate(chosen.tolist())]
        return kept

    def _judge(self, smiles: list[str], targets: Mapping[str, float]) -> np.ndarray:
        """Log-weights of molecules, float64 [M]."""
        molecules = parse_all(smiles)
        fit = np.full(len(smiles), -np.inf)
        valid = {i: molecule.mol for i, molecule in enumerate(molecules) if molecule.mol is not None}
        names = tuple(targets)
        values = Measure(names)(list(valid.values())).astype(np.float64)
        widths = np.array([_WIDTH * self._scales[name] for name in names])
        fit[list(valid)] = -0.5 * (((values - np.array([targets[name] for name in names])) / widths) ** 2).sum(1)
        return np.where(np.isfinite(fit), fit, _UNFIT)
