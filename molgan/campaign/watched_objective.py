"""An objective that remembers the means of its components over the last batch, for the progress display."""

import warnings
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from molgan.scoring.objective import Objective


_MOLECULES_BEFORE_WARNING = 500


class WatchedObjective:
    """The total of an objective, and the means of its components. `message` gets warnings while all scores are 0."""

    def __init__(self, objective: "Objective", message: Callable[[str], None] = lambda text: None) -> None:
        self._objective = objective
        self._message = message
        self._means: dict[str, float] = {}
        self._scored, self._warns_at, self._best = 0, _MOLECULES_BEFORE_WARNING, 0.0

    def components(self) -> dict[str, float]:
        """The means of the transformed values (0 to 1) over the last batch; empty before the first."""
        return self._means

    def total(self, smiles: Sequence[str | None]) -> np.ndarray:
        """The total of each molecule [n], 0 to 1; NaN where a molecule has none."""
        table = self._objective(smiles)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # nanmean warns where a component failed for all molecules
            self._means = {name: float(np.nanmean(values)) for name, values in table.transformed.items()}
        self._watch(table.total)
        return np.asarray(table.total)

    def _watch(self, total: np.ndarray) -> None:
        self._scored += len(total)
        self._best = max(self._best, float(np.nan_to_num(total, nan=0.0).max(initial=0.0)))
        if self._best > 0 or self._scored < self._warns_at:
            return
        self._warns_at = 4 * self._scored
        means = ", ".join(f"{name} {mean:.2f}" for name, mean in self._means.items())
        self._message(
            f"none of {self._scored:,} molecules has a score above 0 (means of the last by component: {means}); "
            "`molgan check` tells which component is to blame"
        )

    def reward(self, smiles: Sequence[str | None]) -> np.ndarray:
        """The total as `Objective.reward` gives it."""
        # As there, a failure is 0: a policy needs a number for what it made.
        rewards: np.ndarray = np.nan_to_num(self.total(smiles), nan=0.0)
        return rewards
