"""Processes of this machine that score large batches for an objective."""

from collections.abc import Sequence

from molgan.base.errors import RunError
from molgan.scoring.base import DescriptorScorer, Score
from molgan.scoring.component import Component
from molgan.scoring.processes.scoring_processes import ScoringProcesses
from molgan.scoring.recipe import is_registered_elsewhere, make_recipe
from molgan.scoring.scoring_job import ScoringJob

_CHUNK = 256
_LEAST = 1024


class LocalCrew:
    """A crew of `count` processes. They score the components that cost processor time, not those that wait for others.

    A process takes some molecules and some components at a time: a group that shares descriptors, or a single component
    that shares nothing. The processes start when the first batch of `least` uncached molecules comes, and end with
    `close`, or when this process dies. A molecule that kills them has no values.
    """

    def __init__(self, count: int, *, least: int = _LEAST) -> None:
        self.least = least
        self._count = count
        self.processes = ScoringProcesses({}, 0)

    def assign(self, components: Sequence[Component]) -> list[list[Component]]:
        chosen = [component for component in components if not component.waits]
        # A new process knows molgan's scorers, not those that the user's program has registered.
        if self._count < 2 or any(is_registered_elsewhere(component.scorer) for component in chosen):
            return []
        recipes = {component.name: make_recipe(component.settings.scorer, component.scorer) for component in chosen}
        self.processes = ScoringProcesses(recipes, self._count, size=_CHUNK)
        sharing = [c for c in chosen if isinstance(c.scorer, DescriptorScorer) and c.settings.concurrency is None]
        # Costly ones first, so that no process is left with them at the end.
        return [[component] for component in chosen if component not in sharing] + [sharing] * bool(sharing)

    def open(self) -> None:
        pass

    def score(self, jobs: Sequence[ScoringJob]) -> dict[str, list[Score]]:
        """See `Crew.score`. Raises RunError when processes do not start or die again and again."""
        scores = self.processes.score(jobs)
        if reason := self.processes.given_up:
            self.close()
            raise RunError(f"the scoring processes cannot go on: {reason}")
        return scores

    def close(self) -> None:
        """End the processes; the next large batch starts new ones."""
        self.processes.close()
