"""How familiar the chemistry of a molecule is to a data set."""

import math
from collections.abc import Mapping
from functools import cached_property
from typing import Any

from pydantic import Field

from molgan.base.settings import InputPath, Settings
from molgan.chem.familiarity import fragments
from molgan.chem.plausibility.chemistry_index import ChemistryIndex, load_chemistry
from molgan.chem.ring_systems import find_ring_systems
from molgan.scoring.base import DescriptorScorer
from molgan.scoring.fast.descriptors import Descriptors
from molgan.scoring.transforms import Linear


class IndexSettings(Settings):
    """The data set, as an index of its chemistry."""

    index: InputPath | None = Field(
        None, description="Index of chemistry (.npz) of scripts/prepare_chemistry.py; the one of molgan by default"
    )


class _IndexScorer(DescriptorScorer):
    class Parameters(IndexSettings):
        pass

    parameters: Parameters

    @cached_property
    def _index(self) -> ChemistryIndex:
        return load_chemistry(self.parameters.index)

    def _key(self) -> dict[str, Any]:
        known: Mapping[str, Any] = super()._key()
        return {**known, "content": self._index.identity}


class RingFamiliarity(_IndexScorer):
    """log10(1 + n), n the molecules of the index that have the rarest ring system of the molecule: 0 for one that is
    unknown, 3 for one that 1,000 have. A molecule without rings is as familiar as the most common ring system. A ring
    system is all rings that share an atom, with what is bound to them by a double bond, without stereo."""

    name = "ring_familiarity"
    summary = "How common the rarest ring system of the molecule is in a data set"
    unit = "log10"
    low, high, direction = 0.0, math.inf, "high"
    default_transform = Linear(low=0.0, high=2.0)

    def _value(self, molecule: Descriptors) -> float:
        table = self._index.rings
        rings = find_ring_systems(molecule.mol)
        count = int(table.look_up_texts(rings).min()) if rings else table.most
        return math.log10(1 + count)


class FragmentFamiliarity(_IndexScorer):
    """The share of the distinct atom environments of radius 0 to 2 (Morgan) that at least two molecules of the index
    have, which is what the index of molgan keeps."""

    name = "fragment_familiarity"
    summary = "Share of the molecule's circular fragments that a data set has"
    low, high, direction = 0.0, 1.0, "high"

    def _value(self, molecule: Descriptors) -> float:
        found = fragments(molecule.mol)
        if not len(found):
            raise ValueError("no atoms")
        return float((self._index.fragments.look_up(found) > 0).mean())
