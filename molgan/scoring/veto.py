"""Vetoes: a component whose transformed value is 0 makes a total 0, whatever the others say."""

from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from molgan.scoring.settings import ComponentSettings

_ZERO_BY_ONE = ("geometric_mean", "product")


def can_veto(component: ComponentSettings, aggregation: str) -> bool:
    """Whether a 0 of the component makes the total 0 in that aggregation."""
    return component.veto or (component.weight > 0 and aggregation in _ZERO_BY_ONE)


def find_vetoed(transformed: Mapping[str, NDArray[np.float64]], vetoing: Iterable[str]) -> NDArray[np.bool_]:
    """Which molecules [n] have a 0 among the `transformed` values [n] of the components `vetoing`; a missing value is
    none."""
    vetoed = np.zeros(len(next(iter(transformed.values()))), dtype=np.bool_)
    for name in vetoing:
        vetoed |= transformed[name] == 0
    return vetoed
