"""The objective: scorers, transforms, and the aggregation of their values to one score per molecule."""

import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from functools import cached_property, reduce
from operator import add
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import NDArray
from rdkit import Chem

from molgan.chem.molecule import Molecule
from molgan.scoring.aggregation import aggregate
from molgan.scoring.base import Counts, NotAsked, Scores, WorkerLost
from molgan.scoring.batch import Batch, chunks
from molgan.scoring.component import Component, start_calls
from molgan.scoring.crew import Crew, Delegation
from molgan.scoring.inputs import as_list
from molgan.scoring.rounds import ask_in_rounds, plan_rounds
from molgan.scoring.score_store import LayeredStore, ScoreStore, Store
from molgan.scoring.settings import ObjectiveSettings, load_objective
from molgan.scoring.veto import can_veto, find_vetoed

if TYPE_CHECKING:
    import pandas

Floats = NDArray[np.float64]

_MOST_REASONS = 100


@dataclass(frozen=True, slots=True)
class ScoreTable:
    """One row an input, in order. Arrays are float64 [n] with NaN for what failed.

    `raw` and `transformed` (0..1) hold a column a component, `notes` what a scorer says about a value (an alert's
    name), `total` what they come to (0..1), `errors` a reason for each row with a NaN, `counts` a component's work.
    """

    smiles: list[str | None]
    raw: dict[str, Floats]
    transformed: dict[str, Floats]
    notes: dict[str, list[str | None]]
    total: Floats
    errors: list[str | None]
    counts: dict[str, Counts]

    def __len__(self) -> int:
        return len(self.smiles)

    def to_frame(self) -> "pandas.DataFrame":
        """Columns `smiles`, `score` (the total), each component's raw `qed` and transformed `qed_score`, `error`."""
        import pandas

        columns: dict[str, object] = {"smiles": pandas.Series(self.smiles, dtype=object), "score": self.total}
        columns |= self.raw
        columns |= {f"{name}_score": values for name, values in self.transformed.items()}
        columns["error"] = pandas.Series(self.errors, dtype=object)
        return pandas.DataFrame(columns)


class Objective:
    """Scores SMILES by settings, here or by a `crew`. It pickles as its settings and is cheap to build.

    `tally` holds the counts of all molecules so far, by component: cached, scored, failed, with reasons, and not asked.
    `seconds` says how long the components have been asked; those that a crew scores together are not timed.

    Components that cost much are asked about molecules that no other has given a total of 0 (`molgan.scoring.rounds`).
    Those that wait for others, their own processes or a server, work at the same time as the rest of their round.
    `close`, or the end of a `with` block, ends such processes and those of the crew; they end with this one in any
    case. Raises ConfigError when the crew cannot score its components.
    """

    def __init__(self, settings: ObjectiveSettings, crew: Crew | None = None) -> None:
        self.settings = settings
        self.tally: dict[str, Counts] = {}
        self.seconds: dict[str, float] = {}
        self._components = [Component.of(component) for component in settings.components]
        self._crew = crew
        self._memo: Store | None = None
        self._delegation = Delegation(crew, self._components)
        self._vetoing = [part.name for part in settings.components if can_veto(part, settings.aggregation)]
        self._rounds = plan_rounds(self._components, self._vetoing) if settings.cheap_first else [self._components]

    @classmethod
    def from_yaml(cls, path: str | Path) -> "Objective":
        """The objective of a YAML file: of a campaign's section `objective`, or of a file that holds nothing else.

        Raises ConfigError, one line with file, line and mend.
        """
        return cls(load_objective(Path(path)))

    def __reduce__(self) -> tuple[type["Objective"], tuple[ObjectiveSettings]]:
        return Objective, (self.settings,)

    def __call__(self, smiles: Iterable[str | Molecule | Chem.Mol | None]) -> ScoreTable:
        """Score each molecule; a failure is NaN with a reason. Raises InputError for a single string, and RunError when
        the cache on disk cannot be used, or the crew fails for good."""
        items = as_list(smiles)
        batches = [Batch.of(items)] if self._delegation.is_worthwhile(len(items)) else chunks(items)
        return self._add_totals(_join([self._table(batch) for batch in batches]))

    def _add_totals(self, table: ScoreTable) -> ScoreTable:
        """Add the totals to a table, computed from the transformed values (a Pareto rank needs all rows), and its
        counts to `tally`."""
        for name, counts in table.counts.items():
            total = self.tally[name] + counts if name in self.tally else counts
            self.tally[name] = replace(total, reasons=Counter(dict(total.reasons.most_common(_MOST_REASONS))))
        counted = [component.settings for component in self._components if component.settings.weight > 0]
        weights = np.array([settings.weight for settings in counted])
        values = np.stack([table.transformed[settings.name] for settings in counted])
        ignored = np.array([settings.missing == "ignore" for settings in counted])
        vetoed = find_vetoed(table.transformed, self._vetoing)
        return replace(table, total=aggregate(self.settings.aggregation, values, weights, ignored, vetoed))

    def reward(self, smiles: Sequence[str | None]) -> Floats:
        """The totals [n], 0..1, for training; a failure is 0."""
        # The one place where a failure becomes 0: a policy needs a number for each of its molecules.
        return np.nan_to_num(self(smiles).total, nan=0.0)

    def close(self) -> None:
        """End the processes of the components and the crew; the next call starts new ones."""
        for component in self._components:
            component.close()
        if self._crew is not None:
            self._crew.close()
        if (store := self.__dict__.pop("_store", None)) is not None:
            store.close()

    def open(self) -> None:
        """Start the crew. Raises ConfigError or RunError when it cannot start."""
        if self._crew is not None:
            self._crew.open()

    def __enter__(self) -> Self:
        """As `open`."""
        self.open()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    @property
    def components(self) -> list[Component]:
        """Its components at work, in order."""
        return self._components

    @cached_property
    def _store(self) -> Store | None:
        stores: list[Store] = [] if self._memo is None else [self._memo]
        if self.settings.cache:
            stores.append(ScoreStore(self.settings.cache))
        return LayeredStore(stores) if len(stores) > 1 else next(iter(stores), None)

    def share(self, memo: Store) -> None:
        """Share the values of costly components with other processes, by `memo`, before the first molecule."""
        self._memo = memo

    def _table(self, batch: Batch) -> ScoreTable:
        found, values = ask_in_rounds(self._rounds, self._vetoing, batch, self._ask)
        scores = {component.name: found[component.name] for component in self._components}
        return ScoreTable(
            smiles=[molecule.source or None for molecule in batch.molecules],
            raw={name: score.values for name, score in scores.items()},
            transformed={name: values[name] for name in scores},
            notes={name: score.notes for name, score in scores.items()},
            total=np.full(len(batch.molecules), np.nan),
            errors=list(merge_errors(batch, scores)),
            counts={name: score.counts for name, score in scores.items()},
        )

    def _ask(self, components: Sequence[Component], batch: Batch) -> dict[str, Scores]:
        """The raw values of each of the components."""
        jobs = self._delegation.make_jobs(components, batch, self._store)
        columns = {column for job in jobs for column in job.columns}
        here = [component for component in components if component.name not in columns]

        def score(component: Component) -> Scores:
            with self._time(component.name):
                return component.score(batch, self._store)

        alone = jobs[0].columns[0] if len(jobs) == 1 and len(jobs[0].columns) == 1 else None
        with start_calls((component for component in here if component.waits), score) as waiting:
            with self._time(alone) if alone is not None else nullcontext():
                found = self._delegation.score(jobs, batch, self._store)
            found |= {component.name: score(component) for component in here if component.name not in waiting}
            return found | {name: future.result() for name, future in waiting.items()}

    @contextmanager
    def _time(self, name: str) -> Iterator[None]:
        start = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - start


def _join(parts: list[ScoreTable]) -> ScoreTable:
    """One table of the rows of several."""
    if len(parts) == 1:
        return parts[0]
    names = list(parts[0].raw)
    return ScoreTable(
        smiles=[text for part in parts for text in part.smiles],
        raw={name: np.concatenate([part.raw[name] for part in parts]) for name in names},
        transformed={name: np.concatenate([part.transformed[name] for part in parts]) for name in names},
        notes={name: [note for part in parts for note in part.notes[name]] for name in names},
        total=np.concatenate([part.total for part in parts]),
        errors=[error for part in parts for error in part.errors],
        counts={name: reduce(add, [part.counts[name] for part in parts]) for name in names},
    )


def merge_errors(batch: Batch, scores: dict[str, Scores]) -> Iterator[str | None]:
    """One reason per row: the parser's for an invalid input, or those of the scorers that failed; None without
    failure."""
    failing = {name: s.errors for name, s in scores.items() if s.counts.failed or s.counts.not_asked}
    for i, molecule in enumerate(batch.molecules):
        if molecule.reason is not None:
            yield molecule.reason
        else:
            reasons = (_reason(name, error) for name, errors in failing.items() if (error := errors[i]))
            yield "; ".join(dict.fromkeys(reasons)) or None


def _reason(component: str, error: str) -> str:
    if isinstance(error, NotAsked):
        return error
    return f"not scored: {error}" if isinstance(error, WorkerLost) else f"{component}: {error}"
