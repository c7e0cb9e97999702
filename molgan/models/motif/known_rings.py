"""Samples that are held to the chemistry of the training data."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import torch

from molgan.base.errors import InputError
from molgan.chem.molecule import parse
from molgan.chem.plausibility.chemistry_index import load_chemistry
from molgan.chem.plausibility.plausible import PlausibilityCheck, PlausibilitySettings
from molgan.graphs.motif.actions import SPELL
from molgan.models.protocols import Sample, Sampler

_ROUNDS = 40

_Held = TypeVar("_Held", bound=Sampler)


class KnownRingsGenerator:
    """Draws from `generator`, and draws anew each molecule with a ring system that no molecule of the data has.

    Motifs with an action of their own come from the data. One that is spelled atom by atom may be any ring system, so
    that molecules with such a motif are looked at, and no others. What is drawn follows the distribution of the
    generator among molecules whose rings are known; log-probabilities are those of the generator.
    """

    def __init__(self, generator: Sampler, check: PlausibilityCheck) -> None:
        """`generator` draws the molecules, `check` knows the ring systems of the data."""
        self.generator = generator
        self.check = check

    @property
    def device(self) -> torch.device:
        return self.generator.device

    def sample(
        self, n: int, *, seed: int, on_batch: Callable[[int], None] = lambda done: None, **how: Any
    ) -> list[Sample]:
        """n molecules, the same for the same seed; the first ones do not depend on n where the generator's do not.

        `how` is what else the generator's `sample` takes. Raises InputError where hardly any molecule has known rings.
        """
        kept = self.generator.sample(n, seed=seed, on_batch=on_batch, **how)
        places = [place for place, sample in enumerate(kept) if not self.knows(sample)]
        for number in range(_ROUNDS):
            if not places:
                return kept
            another = np.random.SeedSequence([seed, number, 11]).generate_state(1, np.uint64)[0] >> np.uint64(1)
            for place, sample in zip(places, self.generator.sample(len(places), seed=int(another), **how), strict=True):
                kept[place] = sample
            places = [place for place in places if not self.knows(kept[place])]
        if places:
            raise InputError(
                f"{len(places):,} of {n:,} molecules have a ring system that the data lacks however often they are "
                "drawn; lower the temperature, or allow any chemistry (--no-plausible)"
            )
        return kept

    def knows(self, sample: Sample) -> bool:
        """Whether the data has all ring systems of a sample."""
        # The name of a ring system tells the hydrogens of phosphorus, which a motif of the data may keep here.
        if SPELL not in sample.actions and "P" not in sample.smiles:
            return True
        mol = parse(sample.smiles).mol
        return mol is None or self.check.check_rings(mol) is None

    def save(self, path: Path, **about: object) -> None:
        """Write the index next to the weights at `path` (no suffix). Raises OSError."""
        self.check.index.save(_file(path))


def load_check(path: Path, core: Sequence[str] = ()) -> PlausibilityCheck | None:
    """The check of the filter `plausible` by the index beside the weights at `path` (no suffix); what the SMILES of a
    `core` have is plausible. None where the weights have no index. Raises InputError for a damaged one."""
    if not (file := _file(path)).exists():
        return None
    given = [mol for text in core if (mol := parse(text).mol) is not None]
    return PlausibilityCheck(PlausibilitySettings(), load_chemistry(file), given)


def hold_rings(generator: _Held, check: PlausibilityCheck | None) -> _Held | KnownRingsGenerator:
    """The generator held to the ring systems that a check knows; itself without one."""
    return generator if check is None else KnownRingsGenerator(generator, check)


def _file(path: Path) -> Path:
    return path.with_name(f"{path.name}_chemistry.npz")
