"""Keeps all calls of the oracle, with the origin of each molecule, within a budget."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from molgan.base.errors import InputError, RunError
from molgan.base.files import open_to_append
from molgan.scoring.inputs import is_missing

if TYPE_CHECKING:
    import pandas

Oracle = Callable[[list[str]], Iterable[float | None]]
"""Scores of SMILES, in order, higher is better; NaN or None for what cannot be scored."""

COLUMNS = ("call", "round", "search", "smiles", "score", "origin", "parents")
"""The columns of a table of calls."""


class Call(NamedTuple):
    """One call of the oracle. `parents`: the numbers of the calls of the molecules that this one was made from.
    `search`: the number of the search that made it, from 1."""

    number: int
    round: int
    smiles: str
    score: float
    origin: str
    parents: tuple[int, ...]
    search: int = 1

    def row(self) -> tuple[int, int, int, str, float, str, str]:
        """The values of `COLUMNS`; calls are numbered from 1 there."""
        parents = " ".join(str(number + 1) for number in self.parents)
        return self.number + 1, self.round, self.search, self.smiles, self.score, self.origin, parents


class Ledger:
    """Calls the oracle for distinct molecules, by canonical SMILES, within a budget.

    With a `journal` every answer is written to disk before it is used, so that a run which is killed and started again
    scores no molecule twice.
    """

    def __init__(self, oracle: Oracle, budget: int, journal: Path | None = None):
        self._oracle = oracle
        self._journal = journal
        self._answered, self._torn = _read(journal)
        self.budget = budget
        self.calls: list[Call] = []
        self.number: dict[str, int] = {}  # the number of the call of each SMILES

    @property
    def left(self) -> int:
        return self.budget - len(self.calls)

    def best(self, n: int = 10) -> float:
        """The mean of the n best scores so far, NaN without any."""
        scores = sorted((call.score for call in self.calls if not math.isnan(call.score)), reverse=True)[:n]
        return sum(scores) / len(scores) if scores else math.nan

    def ask(
        self, smiles: Sequence[str], origins: Sequence[tuple[str, tuple[int, ...]]], round_: int, search: int = 1
    ) -> list[Call]:
        """Score distinct new molecules, given as canonical SMILES, each with its origin and the calls of its parents.

        Raises InputError where the oracle does not return one finite number or NaN for each molecule.
        """
        due = [text for text in smiles if text not in self._answered]
        if due:
            answers = _check(self._oracle(list(due)), due)
            self._answered.update(answers)
            self._append(answers)
        made = [
            Call(len(self.calls) + i, round_, text, self._answered[text], *origin, search)
            for i, (text, origin) in enumerate(zip(smiles, origins, strict=True))
        ]
        self.restore(made)
        return made

    def restore(self, calls: Sequence[Call]) -> None:
        """Add calls that were made before."""
        for call in calls:
            self.number[call.smiles] = call.number
            self.calls.append(call)

    def table(self) -> pandas.DataFrame:
        """A table of all calls in order: `COLUMNS`, and best (mean of the ten best scores so far)."""
        import pandas

        best: list[float] = []
        means = []
        for call in self.calls:
            if not math.isnan(call.score):
                best = sorted([*best, call.score], reverse=True)[:10]
            means.append(sum(best) / len(best) if best else math.nan)
        return pandas.DataFrame([call.row() for call in self.calls], columns=list(COLUMNS)).assign(best=means)

    def _append(self, answers: dict[str, float]) -> None:
        if self._journal is None:
            return
        try:
            self._journal.parent.mkdir(parents=True, exist_ok=True)
            with open_to_append(self._journal) as handle:
                if self._torn:
                    handle.write(b"\n")
                for smiles, score in answers.items():
                    handle.write(json.dumps([smiles, None if math.isnan(score) else score]).encode() + b"\n")
                handle.flush()
                os.fsync(handle.fileno())
            self._torn = False
        except OSError as error:
            raise RunError(f"{self._journal}: cannot be written: {error}") from error


def _check(answers: Iterable[object], smiles: list[str]) -> dict[str, float]:
    try:
        values = [math.nan if is_missing(value) else float(value) for value in answers]  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError) as error:
        raise InputError(f"the oracle's answer is not a list of numbers ({error}): one a molecule, in order") from None
    if len(values) != len(smiles):
        raise InputError(f"the oracle gave {len(values)} scores for {len(smiles)} molecules; return one each, in order")
    if infinite := [text for text, value in zip(smiles, values, strict=True) if math.isinf(value)]:
        raise InputError(f"the oracle's score of {infinite[0]} is infinite; return NaN for a failure")
    return dict(zip(smiles, values, strict=True))


def _read(journal: Path | None) -> tuple[dict[str, float], bool]:
    """The answers in a journal, and whether its last line is torn, since the run was killed while writing it."""
    if journal is None or not journal.exists():
        return {}, False
    answered: dict[str, float] = {}
    text = journal.read_text()
    for line in text.splitlines():
        try:
            smiles, score = json.loads(line)
        except ValueError:
            continue  # torn
        answered[smiles] = math.nan if score is None else float(score)
    return answered, bool(text) and not text.endswith("\n")
