"""An objective whose large batches are scored by several processes."""

import math
import multiprocessing
import os
import signal
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from functools import reduce
from operator import add
from threading import Thread
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from molgan.chem.molecule import Molecule
from molgan.errors import RunError
from molgan.scoring.base import Counts
from molgan.scoring.batch import Batch
from molgan.scoring.cache import shared_cache
from molgan.scoring.objective import Floats, Objective, ScoreTable
from molgan.scoring.registry import SCORERS
from molgan.scoring.settings import ObjectiveSettings

_CHUNK = 256
_LEAST = 1024


class ScoringPool(Objective):
    """Scores as `Objective` does; from `least` distinct molecules on, in processes of its own.

    The processes start when the first such batch comes, and end with `close`, with the `with` block, or when this
    process dies. Settings and SMILES go to them, nothing else. A script that asks for them needs the usual
    `if __name__ == "__main__":`.
    """

    def __init__(self, settings: ObjectiveSettings, processes: int, *, least: int = _LEAST) -> None:
        super().__init__(settings)
        # A new process knows the scorers that molgan has, not those that the user's program has registered.
        own = all(SCORERS[part.scorer].__module__.startswith("molgan.") for part in settings.components)
        self._processes = processes if own else 1
        self._least = least
        self._executor: ProcessPoolExecutor | None = None

    def __call__(self, smiles: Sequence[str | Molecule | None]) -> ScoreTable:
        """One row an input, in order. Raises RunError when processes die twice over the same molecules."""
        if self._processes < 2 or len(smiles) < self._least:
            return super().__call__(smiles)
        batch = Batch.of(smiles)
        if len(batch.distinct) < self._least:
            return super().__call__(batch.molecules)
        sources = _sources(batch)
        chunks = [sources[start : start + _CHUNK] for start in range(0, len(sources), _CHUNK)]
        parts = self._scored(chunks)
        self._remember(batch, parts)
        return self.totalled(_spread(batch, parts))

    def close(self) -> None:
        """End the processes; the next large batch would start new ones."""
        if self._executor is not None:
            self._executor.shutdown(cancel_futures=True)
            self._executor = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _scored(self, chunks: list[list[str]]) -> list[ScoreTable]:
        try:
            return list(self._running().map(_score, chunks))
        except BrokenProcessPool:
            # Killed from outside, perhaps; a molecule that kills them does so again.
            self.close()
        try:
            return list(self._running().map(_score, chunks))
        except BrokenProcessPool:
            self.close()
            raise RunError(
                "the scoring processes died twice: out of memory, a molecule that crashes a scorer, or a script that "
                "lacks `if __name__ == '__main__':`"
            ) from None

    def _remember(self, batch: Batch, parts: list[ScoreTable]) -> None:
        """Put the values into this process's caches, where filters find them."""
        for component in self._components:
            scorer, name = component.scorer, component.name
            cache = shared_cache(scorer.key)
            values = np.concatenate([part.raw[name] for part in parts]).tolist()
            notes = [note for part in parts for note in part.notes[name]]
            for molecule, value, note in zip(batch.distinct, values, notes, strict=True):
                if not math.isnan(value):
                    cache.put(molecule.smiles, (value, note))

    def _running(self) -> ProcessPoolExecutor:
        if self._executor is None:
            spawn = multiprocessing.get_context("spawn")
            self._executor = ProcessPoolExecutor(
                self._processes, mp_context=spawn, initializer=_start, initargs=(self.settings,)
            )
        return self._executor


_objective: Objective | None = None


def _start(settings: ObjectiveSettings) -> None:
    """In a new process: get ready for chunks. It leaves interrupts to its parent, and ends with it."""
    global _objective
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_end_with_parent, daemon=True).start()
    _objective = Objective(settings)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _score(smiles: list[str]) -> ScoreTable:
    assert _objective is not None
    return _objective(smiles)


def _sources(batch: Batch) -> list[str]:
    """The text of each distinct molecule that came first: the values are those that scoring here would give."""
    first: dict[int, str] = {}
    for molecule, position in zip(batch.molecules, batch.place.tolist(), strict=True):
        first.setdefault(position, molecule.source)
    return [first[position] for position in range(len(batch.distinct))]


def _spread(batch: Batch, parts: list[ScoreTable]) -> ScoreTable:
    """The rows of the distinct molecules at every input that has them; the parser's reason at the others."""
    place, names = batch.place, list(parts[0].raw)
    errors = [error for part in parts for error in part.errors]
    return ScoreTable(
        smiles=[molecule.source or None for molecule in batch.molecules],
        raw={name: _at(place, [part.raw[name] for part in parts]) for name in names},
        transformed={name: _at(place, [part.transformed[name] for part in parts]) for name in names},
        notes={name: _texts_at(place, [note for part in parts for note in part.notes[name]]) for name in names},
        total=_at(place, [part.total for part in parts]),
        errors=[m.reason or error for m, error in zip(batch.molecules, _texts_at(place, errors), strict=True)],
        counts={name: _counts(place, [part.counts[name] for part in parts]) for name in names},
    )


def _at(place: NDArray[np.intp], parts: list[Floats]) -> Floats:
    return np.where(place < 0, np.nan, np.concatenate(parts)[place])


def _texts_at(place: NDArray[np.intp], texts: list[str | None]) -> list[str | None]:
    return [texts[position] if position >= 0 else None for position in place.tolist()]


def _counts(place: NDArray[np.intp], parts: list[Counts]) -> Counts:
    total = reduce(add, parts)
    invalid = int((place < 0).sum())
    return replace(total, given=len(place), invalid=invalid, repeated=len(place) - invalid - total.given)
