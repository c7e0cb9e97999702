"""An objective whose scoring is done by Ray actors."""

from __future__ import annotations

import importlib
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, nullcontext
from dataclasses import dataclass, replace
from functools import reduce
from operator import add
from types import TracebackType
from typing import Any, NoReturn, Self

import numpy as np
from numpy.typing import NDArray

from molgan.base.errors import ConfigError, InputError
from molgan.base.progress import Progress
from molgan.chem.molecule import Molecule, parse, parse_all
from molgan.distributed.session import import_from, ray_session
from molgan.distributed.settings import ComputeSettings, PoolSettings
from molgan.distributed.workers import Lost, Workers
from molgan.scoring.base import Counts
from molgan.scoring.objective import Objective, ScoreTable
from molgan.scoring.settings import ComponentSettings, ObjectiveSettings

_LARGEST_CHUNK = 256
_CHUNKS_A_WORKER = 4


def open_objective(
    settings: ObjectiveSettings, compute: ComputeSettings, *, progress: Progress | None = None
) -> AbstractContextManager[Objective]:
    """The objective where `compute` says: in this process, or on Ray workers for as long as the `with` lasts."""
    if compute.workers == 0:
        return nullcontext(Objective(settings))
    return ScoringPool(settings, compute, progress=progress)


class ScoringPool(Objective):
    """An `Objective` that sends SMILES to Ray actors, for use in a `with` block.

    The actors start on entry, live until the end, and give the values that the objective gives in this process, in the
    order of the input. `compute` says how many there are; a component that it names in `scorers`, or that caps its own
    `concurrency`, has actors of its own, and all kinds work at the same time. A call to one holds `chunk` distinct
    texts, by default a quarter of its share and at most 256. A molecule that kills two workers, or takes longer than a
    call may, is NaN with a reason. Workers import scorers and transforms from the modules that define them. `progress`
    is told of every worker that is lost.
    """

    def __init__(
        self,
        objective: ObjectiveSettings,
        compute: ComputeSettings,
        *,
        chunk: int | None = None,
        progress: Progress | None = None,
    ) -> None:
        super().__init__(objective)
        self._compute = compute
        self._chunk = chunk
        self._progress = progress
        self._modules = _modules([part for c in self._components for part in (c.scorer, c.transform)])
        self._open = ExitStack()
        self._crews: list[_Crew] = []

    def __enter__(self) -> Self:
        """Start the workers, without waiting for them. Raises ConfigError or RunError; see `ray_session`."""
        with ExitStack() as stack:
            stack.enter_context(ray_session(self._compute.processors, self._compute.address))
            for part, pool, bounds in _crews(self.settings, self._compute):
                arguments = (part, self._modules, sys.path)
                workers = Workers(_Scoring, arguments, pool, bounds=bounds, progress=self._progress)
                stack.callback(workers.close)
                self._crews.append(_Crew(part, workers, bounds[1], self._chunk))
            self._open = stack.pop_all()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._crews = []
        self._open.close()

    def __reduce__(self) -> NoReturn:
        raise TypeError("a scoring pool belongs to its process; send its settings")

    def __call__(self, smiles: Sequence[str | Molecule | None]) -> ScoreTable:
        """As `Objective`. Raises InputError for a single string, RunError when the workers fail for good."""
        if not self._crews:
            raise RuntimeError("a ScoringPool works inside its `with` block only")
        if isinstance(smiles, str | bytes):
            raise InputError("expected a list of SMILES, not a single string: write [smiles]")
        sent = [_sent(item) for item in smiles]
        texts = list(dict.fromkeys(text for text in sent if isinstance(text, str)))
        if not texts:
            return super().__call__(smiles)
        part = self._scored(texts)
        row = dict(zip(texts, _first_rows(part.canonical), strict=True))
        place = np.array([row[text] if isinstance(text, str) else -1 for text in sent], dtype=np.intp)
        return self.totalled(_spread(smiles, sent, part, place))

    def _scored(self, texts: list[str]) -> _Part:
        """The values of all components."""
        if len(self._crews) == 1:
            return self._crews[0].scored(texts)
        with ThreadPoolExecutor(len(self._crews)) as threads:
            parts = list(threads.map(lambda crew: crew.scored(texts), self._crews))
        return _merged(parts, [component.name for component in self._components])


class _Crew:
    """The actors that score some of the components."""

    def __init__(self, settings: ObjectiveSettings, workers: Workers, most: int, chunk: int | None) -> None:
        self._settings = settings
        self._workers = workers
        self._most = most
        self._chunk = chunk

    def scored(self, texts: list[str]) -> _Part:
        """The values of the texts, in order."""
        size = self._chunk or min(_LARGEST_CHUNK, -(-len(texts) // (_CHUNKS_A_WORKER * self._most)))
        chunks = [texts[start : start + size] for start in range(0, len(texts), size)]
        parts = {
            position: self._lost(texts[position], result) if isinstance(result, Lost) else result
            for position, result in self._workers.run(chunks)
        }
        return _joined([parts[position] for position in sorted(parts)])

    def _lost(self, text: str, lost: Lost) -> _Part:
        components = self._settings.components
        names = [component.name for component in components]
        nan = np.array([np.nan])
        counts = Counts(given=1, invalid=0, repeated=0, cached=0, scored=0, failed=1, reasons=Counter({lost.reason: 1}))
        table = ScoreTable(
            smiles=[text],
            raw=dict.fromkeys(names, nan),
            transformed={c.name: np.zeros(1) if c.missing == "worst" else nan for c in components},
            notes={name: [None] for name in names},
            total=nan,
            errors=[f"not scored: {lost.reason}"],
            counts=dict.fromkeys(names, counts),
        )
        return _Part([text], table)


def _crews(
    objective: ObjectiveSettings, compute: ComputeSettings
) -> Iterator[tuple[ObjectiveSettings, PoolSettings, tuple[int, int]]]:
    """Components that are scored together, by which pool, and how many actors it has at least and at most."""
    apart = [c for c in objective.components if c.name in compute.scorers or c.concurrency is not None]
    for component in apart:
        pool = compute.scorers.get(component.name, compute.scoring)
        yield _part(objective, [component]), pool, pool.bounds(compute.workers, component.concurrency)
    if together := [component for component in objective.components if component not in apart]:
        yield _part(objective, together), compute.scoring, compute.scoring.bounds(compute.workers)


def _part(objective: ObjectiveSettings, components: list[ComponentSettings]) -> ObjectiveSettings:
    """An objective of some components; its totals count for nothing, so that weights of 0 do not matter."""
    counted = [component.model_copy(update={"weight": component.weight or 1.0}) for component in components]
    return objective.model_copy(update={"components": counted})


@dataclass(frozen=True, slots=True)
class _Part:
    """Some texts' scores, and their canonical SMILES, None for what is no molecule."""

    canonical: list[str | None]
    table: ScoreTable


class _Scoring:
    """The actor."""

    def __init__(self, settings: ObjectiveSettings, modules: list[str], path: list[str]) -> None:
        import_from(path)
        for module in modules:
            importlib.import_module(module)
        self._objective = Objective(settings)

    def work(self, texts: list[str]) -> _Part:
        molecules = parse_all(texts)
        return _Part([molecule.smiles for molecule in molecules], self._objective(molecules))


def _sent(item: Any) -> str | Molecule:
    """What a worker is sent: a SMILES, all that travels of a valid molecule. What is rejected already stays here."""
    if isinstance(item, str):
        return item
    molecule = item if isinstance(item, Molecule) else parse(item)
    return molecule.smiles or molecule


def _first_rows(canonical: list[str | None]) -> list[int]:
    """For each row the first one of the same molecule: two spellings may differ in the last bit of a value."""
    first: dict[str, int] = {}
    return [i if smiles is None else first.setdefault(smiles, i) for i, smiles in enumerate(canonical)]


def _joined(parts: list[_Part]) -> _Part:
    """One below the other."""
    tables = [part.table for part in parts]
    names = list(tables[0].raw)
    table = ScoreTable(
        smiles=[text for table in tables for text in table.smiles],
        raw={name: np.concatenate([table.raw[name] for table in tables]) for name in names},
        transformed={name: np.concatenate([table.transformed[name] for table in tables]) for name in names},
        notes={name: [note for table in tables for note in table.notes[name]] for name in names},
        total=np.concatenate([table.total for table in tables]),
        errors=[error for table in tables for error in table.errors],
        counts={name: reduce(add, [table.counts[name] for table in tables]) for name in names},
    )
    return _Part([smiles for part in parts for smiles in part.canonical], table)


def _merged(parts: list[_Part], names: list[str]) -> _Part:
    """One beside the other: the same texts, the components in the order of `names`."""
    tables = [part.table for part in parts]
    found = zip(*(part.canonical for part in parts), strict=True)
    # A crew that lost its actors over a text knows the text alone.
    canonical = [
        None if None in forms else next((form for form in forms if form != text), text)
        for text, forms in zip(tables[0].smiles, found, strict=True)
    ]
    reasons = zip(*(table.errors for table in tables), strict=True)
    errors = ["; ".join(dict.fromkeys(filter(None, each))) or None for each in reasons]
    raw, transformed, notes, counts = (
        {name: column for name in names for table in tables if (column := getattr(table, kind).get(name)) is not None}
        for kind in ("raw", "transformed", "notes", "counts")
    )
    return _Part(canonical, ScoreTable(tables[0].smiles, raw, transformed, notes, tables[0].total, errors, counts))


def _spread(smiles: Sequence[Any], sent: list[str | Molecule], part: _Part, place: NDArray[np.intp]) -> ScoreTable:
    """The part's row for each input that was sent (`place`, -1 where none was), the parser's reason for the others."""
    table, rows = part.table, place.tolist()
    invalid = sum(row < 0 or part.canonical[row] is None for row in rows)
    return ScoreTable(
        smiles=[item.source or None if isinstance(item, Molecule) else _text(item) for item in smiles],
        raw={name: np.where(place < 0, np.nan, values[place]) for name, values in table.raw.items()},
        transformed={name: np.where(place < 0, np.nan, values[place]) for name, values in table.transformed.items()},
        notes={name: [notes[row] if row >= 0 else None for row in rows] for name, notes in table.notes.items()},
        total=np.where(place < 0, np.nan, table.total[place]),
        errors=[
            table.errors[row] if isinstance(text, str) else text.reason for text, row in zip(sent, rows, strict=True)
        ],
        counts={name: _counted(counts, len(rows), invalid) for name, counts in table.counts.items()},
    )


def _counted(counts: Counts, given: int, invalid: int) -> Counts:
    return replace(counts, given=given, invalid=invalid, repeated=given - invalid - counts.distinct)


def _text(item: Any) -> str | None:
    return item or None if isinstance(item, str) else None


def _modules(parts: list[object]) -> list[str]:
    modules = {type(part).__module__: type(part).__name__ for part in parts}
    if "__main__" in modules:
        raise ConfigError(
            f"{modules['__main__']} is defined in a script, which workers cannot import: move it to a module of its own"
        )
    return sorted(modules)
