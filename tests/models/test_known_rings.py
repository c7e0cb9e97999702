"""Samples are held to the ring systems of the data."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from rdkit import Chem

import molgan
from molgan.base.errors import InputError
from molgan.chem.molecule import parse
from molgan.chem.plausibility.chemistry_index import ChemistryIndex, load_chemistry
from molgan.chem.plausibility.plausible import PlausibilityCheck, PlausibilitySettings
from molgan.chem.ring_systems import find_ring_systems
from molgan.graphs.motif.actions import FIRST_MOTIF, SPELL
from molgan.models.motif.known_rings import KnownRingsGenerator
from molgan.models.protocols import Sample

KNOWN, UNKNOWN, WHOLE = "C1CCNCC1", "C1=CC=C1", "C1CC12CC2"  # the last is no spelled motif
CHECK = PlausibilityCheck(PlausibilitySettings(), ChemistryIndex.of([KNOWN]))


class Draws:
    """Draws the three by lot; only the first two are spelled."""

    device = torch.device("cpu")

    def sample(
        self, n: int, *, seed: int, bf16: bool = True, on_batch: Callable[[int], None] = lambda done: None
    ) -> list[Sample]:
        on_batch(n)
        drawn = np.random.default_rng(seed).choice([KNOWN, UNKNOWN, WHOLE], n)
        return [Sample(str(text), (FIRST_MOTIF if text == WHOLE else SPELL,), -1.0, -1.0) for text in drawn]


class Unknown(Draws):
    """Draws what the data lacks."""

    def sample(self, n: int, **how: object) -> list[Sample]:  # type: ignore[override]
        return [Sample(UNKNOWN, (SPELL,), -1.0, -1.0)] * n


def test_a_spelled_ring_that_the_data_lacks_is_drawn_anew_and_no_other() -> None:
    told: list[int] = []
    free = Draws().sample(300, seed=3)
    held = KnownRingsGenerator(Draws(), CHECK).sample(300, seed=3, on_batch=told.append)
    assert {sample.smiles for sample in held} == {KNOWN, WHOLE} and sum(told) == 300
    assert all(one == other for one, other in zip(free, held, strict=True) if one.smiles != UNKNOWN)
    # As many of each as if the unknown one had never been there.
    assert np.mean([sample.smiles == KNOWN for sample in held]) == pytest.approx(0.5, abs=0.08)


def test_the_first_molecules_do_not_depend_on_the_number() -> None:
    held = KnownRingsGenerator(Draws(), CHECK)
    assert held.sample(300, seed=1)[:7] == held.sample(7, seed=1) != held.sample(7, seed=2)


def test_rings_of_a_core_may_be_there() -> None:
    held = KnownRingsGenerator(Draws(), PlausibilityCheck(CHECK.settings, CHECK.index, [Chem.MolFromSmiles(UNKNOWN)]))
    assert held.sample(50, seed=1) == Draws().sample(50, seed=1)


def test_what_is_never_known_is_told() -> None:
    with pytest.raises(InputError, match=r"^50 of 50 molecules have a ring system .*--no-plausible"):
        KnownRingsGenerator(Unknown(), CHECK).sample(50, seed=1)


def test_the_shipped_weights_draw_known_rings_alone() -> None:
    rings = load_chemistry().rings

    def count_unknown(**how: bool) -> int:
        names = [find_ring_systems(parse(str(smiles)).mol) for smiles in molgan.sample(192, seed=1, raw=True, **how)]
        return sum(bool((rings.look_up_texts(each) == 0).any()) for each in names)

    assert count_unknown() == 0 < count_unknown(plausible=False)
