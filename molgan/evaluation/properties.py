"""How the properties of a set of molecules are distributed."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from molgan.scoring.base import Scorer
from molgan.scoring.table import score

if TYPE_CHECKING:
    import pandas

USUAL = ("qed", "sa", "logp", "mw", "tpsa", "hbd", "hba", "rotatable_bonds", "rings", "fsp3")
"""The scorers that reports show."""

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


@dataclass(frozen=True)
class Distribution:
    """A property's values [n], sorted, in the scorer's unit; `failed` counts the molecules without one."""

    name: str
    values: NDArray[np.float64]
    failed: int

    @property
    def mean(self) -> float:
        """NaN without values."""
        return float(self.values.mean()) if len(self.values) else float("nan")

    @property
    def quantiles(self) -> tuple[float, ...]:
        """The values at `QUANTILES`; NaN without values."""
        if not len(self.values):
            return (float("nan"),) * len(QUANTILES)
        return tuple(np.quantile(self.values, QUANTILES).tolist())

    def distance(self, other: "Distribution") -> float:
        """Wasserstein distance to another distribution, in the property's unit; NaN when one has no values."""
        from scipy.stats import wasserstein_distance

        if not (len(self.values) and len(other.values)):
            return float("nan")
        return float(wasserstein_distance(self.values, other.values))


def distributions(smiles: Sequence[str | None], scorers: Sequence[str | Scorer] = USUAL) -> dict[str, Distribution]:
    """The distribution of each property over the molecules, by the scorer's name, in the order of `scorers`."""
    table = score(smiles, scorers)
    return {name: _distribution(name, table[name]) for name in table.columns if name not in ("smiles", "error")}


def _distribution(name: str, column: "pandas.Series") -> Distribution:
    values = column.to_numpy(dtype=np.float64, na_value=np.nan)
    present = np.sort(values[~np.isnan(values)])
    return Distribution(name, present, len(values) - len(present))
