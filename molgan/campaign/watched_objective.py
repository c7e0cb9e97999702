"""An objective that remembers the means of its components over the last batch, for the progress display."""

import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from molgan.scoring.objective import Objective


class WatchedObjective:
    """The total of an objective, and the means of its components."""

    def __init__(self, objective: "Objective") -> None:
        self._objective = objective
        self._means: dict[str, float] = {}

    def components(self) -> dict[str, float]:
        """The means of the transformed values (0 to 1) over the last batch; empty before the first."""
        return self._means

    def total(self, smiles: Sequence[str | None]) -> np.ndarray:
        """The total of each molecule [n], 0 to 1; NaN where a molecule has none."""
        table = self._objective(smiles)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # nanmean warns where a component failed for all molecules
            self._means = {name: float(np.nanmean(values)) for name, values in table.transformed.items()}
        return np.asarray(table.total)

    def reward(self, smiles: Sequence[str | None]) -> np.ndarray:
        """The total as `Objective.reward` gives it."""
        # As there, a failure is 0: a policy needs a number for what it made.
        rewards: np.ndarray = np.nan_to_num(self.total(smiles), nan=0.0)
        return rewards
