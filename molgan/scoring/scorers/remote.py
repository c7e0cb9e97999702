"""Scorers that call a program or a server: batches, retries, concurrent calls, and the handling of failed batches."""

import json
import time
from abc import abstractmethod
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from functools import cached_property
from threading import Lock
from typing import Any

from pydantic import Field
from rdkit import Chem

from molgan.base.settings import Settings
from molgan.scoring.base import Score, Scorer, read_value
from molgan.scoring.cost_class import Cost
from molgan.scoring.fast.descriptors import Descriptors
from molgan.scoring.shared_answers import Answer, CallError, Missing, Place, find_shared, read_values

_MOST_FAILED_IN_A_ROW = 10
_LONGEST_BACKOFF = 60.0


class CallSettings(Settings):
    """Settings of the calls of a program or a server."""

    timeout: float = Field(default=60.0, gt=0, description="Seconds that a call may take")
    retries: int = Field(default=2, ge=0, le=10, description="Times that a call that failed is made again")
    backoff: float = Field(
        default=1.0, ge=0, le=_LONGEST_BACKOFF, description="Seconds before the first retry, doubled before each next"
    )
    concurrency: int = Field(default=1, ge=1, le=64, description="Calls at the same time")
    batch: int = Field(default=64, ge=1, le=10_000, description="Molecules per call")
    answer: str = Field(
        "",
        description="Where the list of values is in the JSON, keys joined by dots; found by itself when the JSON is a "
        "list or holds only one",
    )
    field: str | int = Field(
        "",
        description="Which value is meant where the answer has several for each molecule: a key, or the number of a "
        "column, from 0; components that differ in `answer` or `field` alone share the call",
    )
    version: str = Field(
        "1", description="Another text than before when the same call gives other values, so that no cache is used"
    )


class RemoteScorer(Scorer):
    """A subclass overrides `_call`. A batch that fails for good is halved until the culprit is alone; after ten failed
    calls in a row the rest is given up."""

    waits = True
    costly = True
    cost = Cost.CALL

    class Parameters(CallSettings):
        """The parameters of every call."""

    parameters: CallSettings

    def __init__(self, **parameters: Any) -> None:
        super().__init__(**parameters)
        self._sessions: set[_Session] = set()
        self._answers = find_shared(self.call_key)
        self._answers.join(self)

    def close(self) -> None:
        for session in list(self._sessions):
            session.given_up = "closed"

    @abstractmethod
    def _call(self, smiles: list[str]) -> Any:
        """The answer for canonical SMILES, as JSON. Raises CallError."""

    def _score(self, mols: list[Chem.Mol]) -> Sequence[float]:
        return [score.value for score in self._scores([Chem.MolToSmiles(mol) for mol in mols])]

    def _score_isolated(self, molecules: list[Descriptors]) -> list[Score]:
        return self._scores([molecule.smiles for molecule in molecules])

    def _scores(self, smiles: list[str]) -> list[Score]:
        session = _Session(self)
        self._sessions.add(session)
        try:
            with self._answers.lock if self._answers.is_shared() else nullcontext():
                return session.scores(smiles)
        finally:
            self._sessions.remove(session)

    def ask(self, smiles: list[str]) -> list[Any]:
        """One value per SMILES, in order, from a call or from one that another component has made. Raises CallError."""
        answers = self._answers.find(self.place, smiles)
        if new := [text for text in smiles if text not in answers]:
            content = self._call(new)
            self._answers.keep(content, new)
            answers |= {text: Answer(content, row, len(new)) for row, text in enumerate(new)}
        contents = {id(answer.content): answer for answer in answers.values()}
        values = {key: read_values(each.content, self.place, each.count) for key, each in contents.items()}
        self._answers.mark(self.place, smiles)
        return [values[id(answer.content)][answer.row] for answer in map(answers.__getitem__, smiles)]

    @property
    def place(self) -> Place:
        """Where the values are in an answer."""
        return self.parameters.answer, self.parameters.field

    @cached_property
    def call_key(self) -> str:
        unused = (CallSettings.model_fields.keys() - {"version"}) & type(self.parameters).model_fields.keys()
        values = self.parameters.model_dump(mode="json", exclude=unused)
        return json.dumps({"scorer": self.name, "version": self.version, "call": values})

    def _key(self) -> dict[str, Any]:
        key = super()._key()
        # The settings of calls do not change values.
        return {name: value for name, value in key.items() if name not in CallSettings.model_fields} | {
            "version": [self.version, self.parameters.version],
            "answer": self.parameters.answer,
            **({} if self.parameters.field == "" else {"field": self.parameters.field}),
        }


class _Session:
    """The calls of one list of molecules."""

    def __init__(self, scorer: RemoteScorer) -> None:
        self._scorer = scorer
        self._failed_in_a_row = 0
        self.given_up = ""
        self._lock = Lock()

    def scores(self, smiles: list[str]) -> list[Score]:
        size = self._scorer.parameters.batch
        batches = [smiles[start : start + size] for start in range(0, len(smiles), size)]
        calls = min(self._scorer.parameters.concurrency, len(batches))
        if calls <= 1:
            return [score for batch in batches for score in self._batch(batch)]
        with ThreadPoolExecutor(calls) as threads:
            return [score for scores in threads.map(self._batch, batches) for score in scores]

    def _batch(self, smiles: list[str]) -> list[Score]:
        if self.given_up:
            return [Score(float("nan"), f"not scored: {self.given_up}")] * len(smiles)
        try:
            values = self._ask(smiles)
        except CallError as error:
            self._note(error)
            half = len(smiles) // 2
            if half == 0 or error.final:
                return [Score(float("nan"), str(error))] * len(smiles)
            return self._batch(smiles[:half]) + self._batch(smiles[half:])
        with self._lock:
            self._failed_in_a_row = 0
        return [_read(value) for value in values]

    def _ask(self, smiles: list[str]) -> list[Any]:
        """One value per SMILES, in order, after retries. Raises CallError when the last one fails."""
        chosen = self._scorer.parameters
        for attempt in range(chosen.retries):
            try:
                return self._scorer.ask(smiles)
            except CallError as error:
                if not error.retry or self.given_up:
                    raise
            time.sleep(min(chosen.backoff * 2**attempt, _LONGEST_BACKOFF))
            if self.given_up:
                raise CallError(self.given_up, final=True)
        return self._scorer.ask(smiles)

    def _note(self, error: CallError) -> None:
        with self._lock:
            self._failed_in_a_row += 1
            if error.final:
                self.given_up = str(error)
            elif self._failed_in_a_row >= _MOST_FAILED_IN_A_ROW:
                self.given_up = f"{self._failed_in_a_row} calls in a row failed: {error}"


def _read(value: Any) -> Score:
    if isinstance(value, Missing):
        return Score(float("nan"), str(value))
    return read_value(float("nan") if value is None else value)
