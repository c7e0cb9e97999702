"""Canaries: made-up molecules that are planted in training data, to measure afterwards what the weights reveal."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import numpy as np

from molgan.base.errors import InputError
from molgan.chem.misuse.screen import find_misuse
from molgan.chem.molecule import Molecule, parse_all
from molgan.models.loading import load_generator
from molgan.models.protocols import LikelihoodGenerator

TIMES = (1, 4, 16)
REFERENCES = 1000

_TEMPERATURE = 1.5  # molecules that nobody would make, but that the network can draw
_FEWEST_ATOMS = 8  # small molecules are likely anyway, and tell nothing
_BATCH = 512
_MOST_BATCHES = 200


@dataclass(frozen=True, slots=True)
class Canary:
    """A made-up molecule, and how often it stands in the training data; 0 for those that are never planted."""

    smiles: str
    times: int


def draw_canaries(
    weights: str | Path,
    number: int,
    *,
    times: Sequence[int] = TIMES,
    references: int = REFERENCES,
    seed: int = 0,
    is_known: Callable[[Sequence[Molecule]], Sequence[bool]] = lambda molecules: [False] * len(molecules),
) -> list[Canary]:
    """Canaries and the molecules that they are compared with, all drawn by chance from one distribution, that of public
    weights at a temperature of 1.5: the i-th canary stands `times[i % len(times)]` times in the training data.

    Args:
        weights: Public weights; they must not have seen the training data.
        number: Canaries, at least 1.
        times: How often they are planted, in turn; each at least 1.
        references: Molecules that are not planted.
        seed: Seed of the draw.
        is_known: Tells molecules that are in the training data; they are left out.

    Raises:
        InputError: A number is out of range, or the weights draw too few distinct molecules.
        ConfigError: The weights have no likelihoods.
        WeightsError: There are no such weights.
    """
    if number < 1 or references < 1 or not times or min(times) < 1:
        raise InputError("canaries, times and references are numbers of 1 and more")
    generator = load_generator(weights, LikelihoodGenerator)
    found: dict[str, None] = {}
    for batch in count():
        if len(found) >= number + references:
            break
        if batch == _MOST_BATCHES:
            raise InputError(f"{weights}: draws only {len(found):,} distinct molecules; ask for fewer canaries")
        drawn = generator.sample(_BATCH, seed=_seed(seed, batch), temperature=_TEMPERATURE)
        molecules = [each for each in parse_all([one.smiles for one in drawn]) if _is_large(each)]
        for molecule, known in zip(molecules, is_known(molecules), strict=True):
            if not known and find_misuse(molecule) is None:
                found.setdefault(str(molecule.smiles))
    planted = [times[i % len(times)] for i in range(number)]
    chosen = list(found)[: number + references]
    return [Canary(smiles, each) for smiles, each in zip(chosen, [*planted, *[0] * references], strict=True)]


def _is_large(molecule: Molecule) -> bool:
    return molecule.is_connected and molecule.mol is not None and molecule.mol.GetNumHeavyAtoms() >= _FEWEST_ATOMS


def _seed(seed: int, batch: int) -> int:
    return int(np.random.SeedSequence([seed, batch, 11]).generate_state(1, np.uint64)[0] >> 1)
