"""The property ranges of a data set, which sampling must not leave."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np

from molgan.graphs.features.descriptions import COLUMNS, Descriptions

_COLUMN = {
    "weight": "exactmw",
    "logp": "CrippenClogP",
    "tpsa": "tpsa",
    "rotatable_bonds": "NumRotatableBonds",
    "rings": "NumRings",
    "heteroatoms": "NumHeteroatoms",
}


@dataclass(frozen=True)
class Support:
    """The lowest and highest value of each descriptor (weight in Da, TPSA in Å², the others plain numbers or counts).

    Data sets are often cut at limits (MOSES: 250 to 350 Da, seven rotatable bonds). A network that adds motif after
    motif blurs them, and a critic is slow to learn them.
    """

    ranges: Mapping[str, tuple[float, float]]

    @classmethod
    def of(cls, described: Descriptions, *, outside: float = 2e-4) -> Self:
        """The ranges that leave the share `outside` of the molecules out at each end. Raises ValueError for none."""
        values = _values(described, list(_COLUMN))[described.valid]
        if not len(values):
            raise ValueError("no valid molecule to take the ranges from")
        low, high = np.quantile(values, [outside, 1 - outside], axis=0)
        return cls({name: (float(low[i]), float(high[i])) for i, name in enumerate(_COLUMN)})

    def contains(self, described: Descriptions) -> np.ndarray:
        """Whether all descriptors of each molecule are in their ranges, bool [n]; False for an invalid molecule."""
        low, high = np.array(list(self.ranges.values())).T
        values = _values(described, list(self.ranges))
        # Compared in float32, as stored: a limit must not exclude the molecule that it was taken from.
        inside = (values >= low.astype(np.float32)) & (values <= high.astype(np.float32))
        return np.asarray(inside.all(axis=1))


def _values(described: Descriptions, names: list[str]) -> np.ndarray:
    return described.values[:, [COLUMNS.index(_COLUMN[name]) for name in names]]
