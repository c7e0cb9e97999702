"""A generator that is held to the ring systems of its training data."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import torch

from molgan.base.errors import InputError
from molgan.chem.molecule import parse
from molgan.chem.plausibility.chemistry_index import ChemistryIndex, load_chemistry
from molgan.chem.ring_systems import find_ring_systems
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

    def __init__(self, generator: Sampler, index: ChemistryIndex, given: Collection[str] = ()) -> None:
        """
        Args:
            generator: Draws the molecules.
            index: Has the ring systems of the data, by their names of `find_ring_systems`.
            given: Names of others that may be there, such as those of a core.
        """
        self.generator = generator
        self.index = index
        self._given = frozenset(given)

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
                "drawn; lower the temperature, or allow any ring system (--any-rings)"
            )
        return kept

    def knows(self, sample: Sample) -> bool:
        """Whether the data has all ring systems of a sample."""
        if SPELL not in sample.actions:
            return True
        mol = parse(sample.smiles).mol
        names = [] if mol is None else [name for name in find_ring_systems(mol) if name not in self._given]
        return bool((self.index.rings.look_up_texts(names) > 0).all())

    def save(self, path: Path, **about: object) -> None:
        """Write the index next to the weights at `path` (no suffix). Raises OSError."""
        self.index.save(_file(path))


def hold_rings(path: Path, generator: _Held, core: Sequence[str] = ()) -> _Held | KnownRingsGenerator:
    """The generator held to the ring systems that the index beside the weights at `path` has, and those of the SMILES
    of a `core`; the generator itself where the weights have no index. Raises InputError for a damaged one."""
    if not (file := _file(path)).exists():
        return generator
    given = {name for text in core if (mol := parse(text).mol) is not None for name in find_ring_systems(mol)}
    return KnownRingsGenerator(generator, load_chemistry(file), given)


def _file(path: Path) -> Path:
    return path.with_name(f"{path.name}_chemistry.npz")
