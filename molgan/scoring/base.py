"""The base class of scorers: one method to override; it removes duplicates, caches, isolates failures and counts."""

import json
import math
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from rdkit import Chem

from molgan.base.settings import Settings
from molgan.chem.guarded import find_delay, is_suspicious
from molgan.chem.molecule import Molecule
from molgan.scoring.batch import Batch
from molgan.scoring.cost_class import Cost
from molgan.scoring.fast.descriptors import Descriptors
from molgan.scoring.parameters import validate_section
from molgan.scoring.registration import is_shipped, register_class
from molgan.scoring.score_cache import Known, shared_cache
from molgan.scoring.score_store import Store
from molgan.scoring.transforms import Identity, Transform


class Score(NamedTuple):
    """One molecule's value (NaN for a failure), the reason of the failure, and a note (an alert's name)."""

    value: float
    error: str | None = None
    note: str | None = None


class WorkerLost(str):
    """The reason why no scorer has a value for a molecule: its worker was lost."""


class NotAsked(str):
    """The reason why a scorer has no value for a molecule: another component, `cause`, has made the total 0 already."""

    START = "not asked: "

    @classmethod
    def because(cls, cause: str) -> "NotAsked":
        return cls(f"{cls.START}{cause} is 0")


@dataclass(frozen=True, slots=True)
class Counts:
    """The numbers of molecules by outcome; the other six add up to `given`.

    `invalid` counts invalid input, `repeated` molecules that equal an earlier one, `cached` known values, `scored` and
    `failed` new ones, `not_asked` distinct ones whose total is 0 without this component. `reasons` counts the failures
    by reason.
    """

    given: int
    invalid: int
    repeated: int
    cached: int
    scored: int
    failed: int
    not_asked: int = 0
    reasons: Counter[str] = field(default_factory=Counter)

    @property
    def distinct(self) -> int:
        return self.cached + self.scored + self.failed + self.not_asked

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(*(getattr(self, name) + getattr(other, name) for name in self.__slots__))


@dataclass(frozen=True, slots=True)
class Scores:
    """One value, error and note per input, in order. `values`: float64 [n], NaN exactly where `errors` has a reason."""

    values: NDArray[np.float64]
    errors: list[str | None]
    notes: list[str | None]
    counts: Counts


Scoring = Callable[[list[Descriptors]], list[Score]]
"""A function that scores distinct molecules that are in no cache: a score for each, in order."""

SCORERS: dict[str, "type[Scorer]"] = {}
"""The scorers of this layer and those that a program has registered, by name."""


def register(scorer: "type[Scorer]") -> "type[Scorer]":
    """Register a program's own scorer under its name; usable as a decorator. Raises ValueError when another scorer has
    the name."""
    register_class(SCORERS, scorer, "scorer")
    return scorer


class Scorer(ABC):
    """A raw property of molecules in its usual unit. A transform, not the scorer, says which values are good.

    A subclass sets the class variables, declares its `Parameters` and overrides `_score`. A subclass in molgan that
    sets `name` is registered under it. `version` is part of the cache key: raise it when values change. `costly` values
    are worth a cache on disk; `cost` is their class, by which an objective asks one scorer after the other. A scorer
    that `waits` spends its time waiting for its own processes or a server, so that it need not run in a process of a
    pool. `source` distinguishes versions of a user's own scorer. `judging` holds
    parameters that an objective or a filter sets where the user does not.
    """

    name: ClassVar[str]
    summary: ClassVar[str]
    unit: ClassVar[str] = ""
    low: ClassVar[float] = -math.inf
    high: ClassVar[float] = math.inf
    direction: ClassVar[Literal["high", "low", "none"]] = "none"
    boolean: ClassVar[bool] = False
    version: ClassVar[str] = "1"
    costly: ClassVar[bool] = False
    cost: ClassVar[Cost] = Cost.COMPUTED
    waits: ClassVar[bool] = False
    source: ClassVar[str] = ""
    judging: ClassVar[Mapping[str, Any]] = {}
    default_transform: ClassVar[Transform] = Identity()

    class Parameters(Settings):
        """The parameters of the scorer; none by default."""

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if is_shipped(cls):
            register(cls)

    def __init__(self, **parameters: Any) -> None:
        """Raises ConfigError for a wrong or unknown parameter, with the nearest valid name."""
        self.parameters: Settings = validate_section(self.Parameters, parameters, f"scorer {self.name!r}")

    @abstractmethod
    def _score(self, mols: list[Chem.Mol]) -> Sequence[float]:
        """One value per molecule, in order; NaN for a failure. The molecules are valid, distinct and shared: copy a
        molecule before changing it. An exception becomes the reason of the molecule that caused it."""

    def __call__(
        self,
        molecules: Sequence[str | Molecule | None] | Batch,
        *,
        scoring: Scoring | None = None,
        store: Store | None = None,
    ) -> Scores:
        """Score SMILES or molecules: a result of the same length and order. Raises InputError for a single string.

        `scoring` replaces scoring in this process, by another process for example. `store` is a cache on disk, which
        can raise RunError.
        """
        batch = molecules if isinstance(molecules, Batch) else Batch.of(molecules)
        known = self._recall(batch, store)
        new = [molecule for molecule, score in zip(batch.distinct, known, strict=True) if score is None]
        fresh = (scoring or self.score_fresh)(new)
        found = {
            molecule.smiles: (value, note)
            for molecule, (value, error, note) in zip(new, fresh, strict=True)
            if error is None
        }
        shared_cache(self.key).update(found)
        if store is not None and found:
            store.put(self.key, found)
        remaining = iter(fresh)
        scores = [next(remaining) if score is None else Score(score[0], None, score[1]) for score in known]
        return _count(batch, scores, fresh)

    def close(self) -> None:  # noqa: B027
        """Release the scorer's resources and end running calls; the scorer can be used again."""

    def find_unknown(self, batch: Batch, store: Store | None = None) -> list[Descriptors]:
        """The distinct molecules that are in no cache."""
        known = self._recall(batch, store)
        return [molecule for molecule, score in zip(batch.distinct, known, strict=True) if score is None]

    def _recall(self, batch: Batch, store: Store | None) -> list[Known | None]:
        """The cached values of the distinct molecules; those found on disk are put into memory."""
        cache = shared_cache(self.key)
        known = [cache.get(molecule.smiles) for molecule in batch.distinct]
        if store is None or None not in known:
            return known
        smiles = [molecule.smiles for molecule, score in zip(batch.distinct, known, strict=True) if score is None]
        stored = store.get(self.key, smiles)
        cache.update(stored)
        return [
            stored.get(molecule.smiles) if score is None else score
            for molecule, score in zip(batch.distinct, known, strict=True)
        ]

    @property
    def call_key(self) -> str | None:
        """The key of a call whose answer other components can read as well; None for a scorer without such calls."""
        return None

    @cached_property
    def key(self) -> str:
        """The key of the cache: scorers with the same key give the same values."""
        return json.dumps(self._key())

    def _key(self) -> dict[str, Any]:
        """All that decides the values apart from the molecule, as plain values."""
        version = [self.version, self.source] if self.source else self.version
        return {"scorer": self.name, "version": version, **self.parameters.model_dump(mode="json")}

    def score_fresh(self, molecules: list[Descriptors]) -> list[Score]:
        """A score for each distinct molecule, past all caches; one that RDKit takes too long for is a failure."""
        delays = [self._find_delay(molecule.smiles) for molecule in molecules]
        if not any(delays):
            return self._score_isolated(molecules) if molecules else []
        timely = [molecule for molecule, delay in zip(molecules, delays, strict=True) if delay is None]
        scores = iter(self._score_isolated(timely) if timely else [])
        return [next(scores) if delay is None else Score(math.nan, delay) for delay in delays]

    def _find_delay(self, smiles: str) -> str | None:
        # Another process knows the scorers of molgan by their names; others are not to be trusted in this one anyway.
        if not is_suspicious(smiles) or self.waits or self.source or not type(self).__module__.startswith("molgan."):
            return None
        setup = [self.name, self.parameters.model_dump(mode="json")]
        return find_delay("molgan.scoring.scorer_rehearsal:prepare_scoring", setup, smiles)

    def _score_isolated(self, molecules: list[Descriptors]) -> list[Score]:
        """A score for each molecule: if scoring all at once raises, each is scored alone, so that only the culprit
        fails."""
        try:
            values = list(self._score([molecule.mol for molecule in molecules]))
        except (Exception, SystemExit) as error:  # a scorer that calls sys.exit would end the run, or its actor
            if len(molecules) == 1:
                return [describe_failure(error)]
            return [self._score_isolated([molecule])[0] for molecule in molecules]
        if len(values) != len(molecules):
            reason = f"scorer gave {len(values)} values for {len(molecules)} molecules"
            return [Score(math.nan, reason) for _ in molecules]
        return [read_value(value) for value in values]


class DescriptorScorer(Scorer):
    """A scorer of one molecule at a time, which uses shared descriptors. A subclass overrides `_value`."""

    @abstractmethod
    def _value(self, molecule: Descriptors) -> float:
        """The raw value, NaN for a failure."""

    def _note(self, molecule: Descriptors) -> str | None:
        """A note on the value, such as the names of alerts; None for no note."""
        return None

    def _score(self, mols: list[Chem.Mol]) -> Sequence[float]:
        return [self._value(Descriptors(Chem.MolToSmiles(mol), mol)) for mol in mols]

    def _score_isolated(self, molecules: list[Descriptors]) -> list[Score]:
        return [self._score_one(molecule) for molecule in molecules]

    def _score_one(self, molecule: Descriptors) -> Score:
        try:
            value = self._value(molecule)
            return Score(value, None, self._note(molecule)) if math.isfinite(value) else read_value(value)
        except (Exception, SystemExit) as error:
            return describe_failure(error)


def read_value(value: object) -> Score:
    """`value` as a score; a failure with its reason when it is not a finite number."""
    try:
        number = float(value)  # type: ignore[arg-type]
    except OverflowError:
        return Score(math.nan, "scorer gave a number that is too large")
    except Exception:  # an object of the user's may raise anything
        return Score(math.nan, f"scorer gave {_describe_value(value)}, not a number")
    if math.isfinite(number):
        return Score(number)
    return Score(math.nan, "scorer gave no value" if math.isnan(number) else "scorer gave infinity")


def _describe_value(value: object) -> str:
    try:
        return f"{value!r:.40}"
    except Exception:
        return f"a {type(value).__name__}"


def describe_failure(error: BaseException) -> Score:
    lines = str(error).strip().splitlines()
    return Score(math.nan, f"{type(error).__name__}: {lines[0]:.120}" if lines else type(error).__name__)


def spread(batch: Batch, scores: Sequence[Score]) -> list[Score]:
    """One score per input: that of its distinct molecule, or the parser's reason for an invalid input."""
    return [
        scores[position] if position >= 0 else Score(math.nan, molecule.reason)
        for molecule, position in zip(batch.molecules, batch.place.tolist(), strict=True)
    ]


def _count(batch: Batch, scores: list[Score], fresh: list[Score]) -> Scores:
    """The scores of all inputs with their counts. `fresh` are those of `scores` that were not cached."""
    rows = spread(batch, scores)
    invalid = int((batch.place < 0).sum())
    reasons = Counter(error for _, error, _ in fresh if error is not None)
    failed = reasons.total()
    counts = Counts(
        given=len(rows),
        invalid=invalid,
        repeated=len(rows) - invalid - len(scores),
        cached=len(scores) - len(fresh),
        scored=len(fresh) - failed,
        failed=failed,
        reasons=reasons,
    )
    values = np.array([value for value, _, _ in rows], dtype=np.float64)
    return Scores(values, [error for _, error, _ in rows], [note for _, _, note in rows], counts)
