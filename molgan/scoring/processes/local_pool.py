"""An objective whose large batches are scored by several processes."""

from collections.abc import Iterable

from rdkit import Chem

from molgan.base.errors import RunError
from molgan.chem.molecule import Molecule
from molgan.scoring.base import DescriptorScorer, Score, Scores, Scoring
from molgan.scoring.batch import Batch, as_list
from molgan.scoring.component import Component
from molgan.scoring.objective import Objective, ScoreTable
from molgan.scoring.processes.lanes import Job, Lanes
from molgan.scoring.recipe import is_registered_elsewhere, recipe
from molgan.scoring.settings import ObjectiveSettings

_CHUNK = 256
_LEAST = 1024


class ScoringPool(Objective):
    """Scores as `Objective` does; from `least` unknown molecules on, in processes of its own.

    Each process takes some molecules and some components at a time: those that share what they work out about a
    molecule, or a single other one. The processes start when the first such batch comes, and end with `close`, with the
    `with` block, or when this process dies. A molecule that kills them has no values.
    """

    def __init__(self, settings: ObjectiveSettings, processes: int, *, least: int = _LEAST) -> None:
        super().__init__(settings)
        self._pooled = [component for component in self._components if not component.waits]
        # A new process knows the scorers that molgan has, not those that the user's program has registered.
        if any(is_registered_elsewhere(component.scorer) for component in self._pooled):
            processes = 1
        self._least = least if processes > 1 and self._pooled else None
        recipes = {component.name: recipe(component.settings.scorer, component.scorer) for component in self._pooled}
        self.lanes = Lanes(recipes, processes, size=_CHUNK)

    def __call__(self, smiles: Iterable[str | Molecule | Chem.Mol | None]) -> ScoreTable:
        """One row an input, in order. Raises RunError when processes do not start or die again and again."""
        items = as_list(smiles)
        if self._least is None or len(items) < self._least:
            return super().__call__(items)
        return self.totalled(self._table(Batch.of(items)))

    def close(self) -> None:
        """End the processes; the next large batch would start new ones."""
        self.lanes.close()
        super().close()

    def _scores(self, batch: Batch) -> dict[str, Scores]:
        jobs = [_job(group, self._unknown(group, batch), batch) for group in self._groups()]
        if self._least is None or max(len(job.smiles) for job in jobs) < self._least:
            return super()._scores(batch)
        with self._waiting(batch) as waiting:
            found = {name: future.result() for name, future in waiting.items()} | self._pool(jobs, batch)
        return {component.name: found[component.name] for component in self._components}

    def _groups(self) -> list[list[Component]]:
        """Components that are scored together; costly ones first, so that no process is left with them at the end."""
        sharing = [
            component
            for component in self._pooled
            if isinstance(component.scorer, DescriptorScorer) and component.settings.concurrency is None
        ]
        return [[component] for component in self._pooled if component not in sharing] + [sharing] * bool(sharing)

    def _unknown(self, group: list[Component], batch: Batch) -> set[str]:
        """The molecules that no cache knows, for one of the components at least."""
        return {
            molecule.smiles
            for component in group
            for molecule in component.scorer.unknown(batch, component.store(self._store))
        }

    def _pool(self, jobs: list[Job], batch: Batch) -> dict[str, Scores]:
        found = self._run(jobs)
        for component in self._pooled:
            for _ in range(component.settings.retries):
                failed = [text for text, score in found[component.name].items() if score.error is not None]
                found[component.name] |= self._run([Job([component.name], failed)])[component.name]
        texts = dict(zip((molecule.smiles for molecule in batch.distinct), sources(batch), strict=True))
        return {
            component.name: component.scores(batch, self._store, _looked_up(found[component.name], texts))
            for component in self._pooled
        }

    def _run(self, jobs: list[Job]) -> dict[str, dict[str, Score]]:
        """The scores by column and text."""
        scores = self.lanes.run(jobs)
        if self.lanes.given_up:
            self.close()
            raise RunError(f"the scoring processes cannot go on: {self.lanes.given_up}")
        return {column: dict(zip(job.smiles, scores[column], strict=True)) for job in jobs for column in job.columns}


def sources(batch: Batch) -> list[str]:
    """The text of each distinct molecule that came first: the values are those that scoring here would give."""
    first: dict[int, str] = {}
    for molecule, position in zip(batch.molecules, batch.place.tolist(), strict=True):
        first.setdefault(position, molecule.source)
    return [first[position] for position in range(len(batch.distinct))]


def _job(group: list[Component], unknown: set[str], batch: Batch) -> Job:
    texts = zip(batch.distinct, sources(batch), strict=True)
    caps = [c.settings.concurrency for c in group if c.settings.concurrency is not None]
    smiles = [text for molecule, text in texts if molecule.smiles in unknown]
    return Job([c.name for c in group], smiles, min(caps, default=None))


def _looked_up(found: dict[str, Score], texts: dict[str, str]) -> Scoring:
    return lambda molecules: [found[texts[molecule.smiles]] for molecule in molecules]
