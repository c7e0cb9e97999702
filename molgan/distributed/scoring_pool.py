"""An objective whose scoring is done by Ray actors."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager, ExitStack, nullcontext
from dataclasses import dataclass, replace
from functools import reduce
from operator import add
from types import TracebackType
from typing import Any, NoReturn, Self

import numpy as np
from numpy.typing import NDArray

from molgan.chem.molecule import Molecule, parse, parse_all
from molgan.distributed.session import import_from, ray_session
from molgan.distributed.settings import ComputeSettings
from molgan.distributed.workers import Lost, Workers
from molgan.errors import ConfigError, InputError
from molgan.progress import Progress
from molgan.scoring.base import Counts
from molgan.scoring.objective import Objective, ScoreTable
from molgan.scoring.settings import ObjectiveSettings

_LARGEST_CHUNK = 256
_CHUNKS_A_WORKER = 4


def open_objective(
    settings: ObjectiveSettings, compute: ComputeSettings, *, progress: Progress | None = None
) -> AbstractContextManager[Objective]:
    """The objective where `compute` says: in this process, or on Ray workers for as long as the `with` lasts."""
    if compute.workers == 0:
        return nullcontext(Objective(settings))
    return ScoringPool(settings, compute.workers, address=compute.address, progress=progress)


class ScoringPool(Objective):
    """An `Objective` that sends SMILES to `workers` Ray actors, for use in a `with` block.

    The actors start on entry, live until the end, and give the values that the objective gives in this process, in the
    order of the input. A call to one holds `chunk` distinct texts, by default a quarter of its share and at most 256. A
    molecule that kills two workers, or takes longer than `timeout` seconds, is NaN with a reason. Workers import
    scorers and transforms from the modules that define them. `address`: see `ray_session`. `progress` is told of every
    worker that is lost.
    """

    def __init__(
        self,
        objective: ObjectiveSettings,
        workers: int,
        *,
        address: str | None = None,
        chunk: int | None = None,
        cpus: float = 1.0,
        timeout: float | None = 300.0,
        progress: Progress | None = None,
    ) -> None:
        super().__init__(objective)
        self._count = workers
        self._address = address
        self._chunk = chunk
        self._cpus = cpus
        self._timeout = timeout
        self._progress = progress
        self._modules = _modules([part for c in self._components for part in (c.scorer, c.transform)])
        self._open = ExitStack()
        self._workers: Workers | None = None

    def __enter__(self) -> Self:
        """Start the workers, without waiting for them. Raises ConfigError or RunError; see `ray_session`."""
        with ExitStack() as stack:
            stack.enter_context(ray_session(self._count, self._address))
            arguments = (self.settings, self._modules, sys.path)
            options: dict[str, Any] = {"cpus": self._cpus, "timeout": self._timeout, "progress": self._progress}
            self._workers = Workers(_Scoring, arguments, self._count, **options)
            stack.callback(self._workers.close)
            self._open = stack.pop_all()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._workers = None
        self._open.close()

    def __reduce__(self) -> NoReturn:
        raise TypeError("a scoring pool belongs to its process; send its settings")

    def __call__(self, smiles: Sequence[str | Molecule | None]) -> ScoreTable:
        """As `Objective`. Raises InputError for a single string, RunError when the workers fail for good."""
        if self._workers is None:
            raise RuntimeError("a ScoringPool works inside its `with` block only")
        if isinstance(smiles, str | bytes):
            raise InputError("expected a list of SMILES, not a single string: write [smiles]")
        sent = [_sent(item) for item in smiles]
        texts = list(dict.fromkeys(text for text in sent if isinstance(text, str)))
        if not texts:
            return super().__call__(smiles)
        part = _joined(self._scored(self._workers, texts))
        row = dict(zip(texts, _first_rows(part.canonical), strict=True))
        place = np.array([row[text] if isinstance(text, str) else -1 for text in sent], dtype=np.intp)
        return _spread(smiles, sent, part, place)

    def _scored(self, workers: Workers, texts: list[str]) -> list[_Part]:
        """The scores of the texts, part by part, in order."""
        size = self._chunk or min(_LARGEST_CHUNK, -(-len(texts) // (_CHUNKS_A_WORKER * self._count)))
        chunks = [texts[start : start + size] for start in range(0, len(texts), size)]
        parts = {
            position: self._lost(texts[position], result) if isinstance(result, Lost) else result
            for position, result in workers.run(chunks)
        }
        return [parts[position] for position in sorted(parts)]

    def _lost(self, text: str, lost: Lost) -> _Part:
        names = [component.name for component in self._components]
        nan = np.array([np.nan])
        table = ScoreTable(
            smiles=[text],
            raw=dict.fromkeys(names, nan),
            transformed=dict.fromkeys(names, nan),
            notes={name: [None] for name in names},
            total=nan,
            errors=[f"not scored: {lost.reason}"],
            counts=dict.fromkeys(names, Counts(given=1, invalid=0, repeated=0, cached=0, scored=0, failed=1)),
        )
        return _Part([text], table)


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
