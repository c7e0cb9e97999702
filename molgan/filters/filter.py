"""The contract of filters: one base class for each way to judge, with one or two methods to override.

The base classes handle invalid input, failures and missing reasons.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from rdkit import Chem

from molgan.base.errors import MolganError
from molgan.base.settings import Settings
from molgan.chem.guarded import find_delay, is_suspicious
from molgan.chem.molecule import Molecule
from molgan.filters.digest_set import DigestSet, digest
from molgan.scoring.parameters import make_name_error, validate_section

if TYPE_CHECKING:
    import pandas

Mask = NDArray[np.bool_]
Floats = NDArray[np.float64]
Verdict = tuple[Mask, list[str | None]]
"""Whether to keep each molecule, and a reason for each rejection."""

DUPLICATE = "duplicate"
NO_REASON = "no reason given"

FILTERS: dict[str, type["Filter"]] = {}
"""The filters of molgan, and those that a program has registered, by name; `molgan.filters.registry` has them all."""


def register(kind: type["Filter"]) -> type["Filter"]:
    """Register a program's own filter under its name; usable as a decorator. Raises ValueError when another filter has
    the name; a filter that is defined again replaces itself."""
    place, taken = (f"{each.__module__}.{each.__qualname__}" for each in (kind, FILTERS.get(kind.name, kind)))
    if taken != place:
        raise ValueError(f"{place}: there is a filter {kind.name!r} already: {taken}")
    FILTERS[kind.name] = kind
    return kind


@dataclass(frozen=True, slots=True)
class Decision:
    """One answer per molecule, in order: whether it is kept, and the reason if it is rejected (None if it is kept).

    A reason is one short line, "kind: details; kind: details". Rejections are counted by the first kind.
    """

    kept: Mask
    reasons: list[str | None]


class Filter(ABC):
    """Keeps molecules or rejects them with a reason.

    A subclass sets the class variables, declares its `Parameters` and overrides `_accept`, which judges each molecule
    independently of the others: filters that compare molecules derive from `IdentityFilter` or `WholeFilter`. A
    subclass in molgan that sets `name` is registered under it. A filter that is `costly` takes seconds for a molecule.
    """

    name: ClassVar[str]
    summary: ClassVar[str]
    costly: ClassVar[bool] = False

    class Parameters(Settings):
        """The parameters of the filter; none by default."""

    def __init__(self, **parameters: Any) -> None:
        """Raises ConfigError for a wrong or unknown parameter, with the nearest valid name."""
        self.parameters: Any = validate_section(self.Parameters, parameters, f"filter {self.name!r}")

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        # A filter of a user or another package clashes neither with these nor with an earlier version of itself.
        if "name" in vars(cls) and cls.__module__.startswith(f"{__package__}."):
            register(cls)

    @property
    def column(self) -> str | None:
        """The column of the score table that this filter reads; None when it reads no scores."""
        return None

    @abstractmethod
    def _accept(self, molecules: Sequence[Molecule]) -> Verdict:
        """Judge valid molecules, in order. They are shared: copy a molecule before changing it.

        An exception becomes the reason of the molecule that caused it. Only the exceptions of a `WholeFilter`, and a
        MolganError, which the user can mend, end the run.
        """

    def __call__(self, molecules: Sequence[Molecule], table: "pandas.DataFrame | None" = None) -> Decision:
        """Judge each molecule; invalid input is rejected with the parser's reason. `table` has one row per molecule.

        Raises ConfigError when `column` is not in the table.
        """
        values = self.read_column(len(molecules), table)
        reasons = [molecule.reason or self.find_delay(molecule) for molecule in molecules]
        valid = np.array([reason is None for reason in reasons], np.bool_)
        kept = valid.copy()
        places = np.flatnonzero(valid).tolist()
        judged = self._judge_isolated([molecules[place] for place in places], values[valid])
        for place, keep, reason in zip(places, *judged, strict=True):
            kept[place], reasons[place] = keep, None if keep else reason or NO_REASON
        return Decision(kept, reasons)

    def find_delay(self, molecule: Molecule) -> str | None:
        """Why a valid molecule cannot be judged, should that take RDKit too long."""
        # Another process knows the filters of molgan by their names.
        trusted = self.column is not None or not type(self).__module__.startswith("molgan.")
        if molecule.smiles is None or not is_suspicious(molecule.smiles) or trusted:
            return None
        setup = [self.name, self.parameters.model_dump(mode="json")]
        return find_delay("molgan.filters.filter_rehearsal:prepare_judging", setup, molecule.smiles)

    def read_column(self, count: int, table: "pandas.DataFrame | None") -> Floats:
        """The scores [count] that this filter reads, NaN without a column. Raises ConfigError for a missing one."""
        if self.column is None:
            return np.full(count, np.nan)
        columns = [] if table is None else [str(name) for name in table.columns]
        if table is None or self.column not in columns:
            raise make_name_error(f"column of scores for filter {self.name!r},", self.column, columns)
        return np.asarray(table[self.column].to_numpy(float, na_value=np.nan), np.float64)

    def _judge(self, molecules: Sequence[Molecule], values: Floats) -> Verdict:
        return self._accept(molecules)

    def _judge_isolated(self, molecules: Sequence[Molecule], values: Floats) -> Verdict:
        """The verdict on all molecules at once; if that raises, on each alone, so that only the culprit is rejected."""
        if not molecules:
            return np.zeros(0, np.bool_), []
        try:
            kept, reasons = self._judge(molecules, values)
        except MolganError:
            raise
        except Exception as error:
            if isinstance(self, WholeFilter):
                raise
            if len(molecules) == 1:
                return np.zeros(1, np.bool_), [describe_failure(error)]
            alone = [self._judge_isolated([molecule], values[i : i + 1]) for i, molecule in enumerate(molecules)]
            return np.concatenate([kept for kept, _ in alone]), [reason for _, reasons in alone for reason in reasons]
        if not len(kept) == len(reasons) == len(molecules):
            fault = f"error: filter gave {len(kept)} answers and {len(reasons)} reasons for {len(molecules)} molecules"
            return np.zeros(len(molecules), np.bool_), [fault] * len(molecules)
        return kept, reasons


class MoleculeFilter(Filter):
    """A filter that judges one molecule at a time. A subclass overrides `_reason`."""

    @abstractmethod
    def _reason(self, mol: Chem.Mol) -> str | None:
        """The reason to reject a molecule; None to keep it. An exception becomes the reason."""

    def _accept(self, molecules: Sequence[Molecule]) -> Verdict:
        return decide([self._find_reason(mol) for mol in get_mols(molecules)])

    def _find_reason(self, mol: Chem.Mol) -> str | None:
        try:
            return self._reason(mol)
        except MolganError:
            raise
        except Exception as error:
            return describe_failure(error)


class ScoredFilter(Filter):
    """A filter that reads a column of scores. A subclass overrides `column` and `_accept_scored`."""

    @abstractmethod
    def _accept_scored(self, molecules: Sequence[Molecule], values: Floats) -> Verdict:
        """As `_accept`; `values` [n] is the column: NaN where it has no value; all NaN without a column."""

    def _accept(self, molecules: Sequence[Molecule]) -> Verdict:
        return self._accept_scored(molecules, np.full(len(molecules), np.nan))

    def _judge(self, molecules: Sequence[Molecule], values: Floats) -> Verdict:
        return self._accept_scored(molecules, values)


class IdentityFilter(Filter):
    """A filter that keeps the first of equal molecules. A subclass overrides `identify`."""

    @abstractmethod
    def identify(self, molecules: Sequence[Molecule]) -> list[str]:
        """One text per valid molecule, in order; equal molecules have the same text."""

    def compute_features(self, molecules: Sequence[Molecule]) -> list[bytes]:
        """16 bytes per valid molecule, in order; equal molecules have the same bytes."""
        return [digest(text) for text in self.identify(molecules)]

    def _accept(self, molecules: Sequence[Molecule]) -> Verdict:
        return decide(
            [None if new else DUPLICATE for new in DigestSet().add(self.compute_features(molecules)).tolist()]
        )


class WholeFilter(ScoredFilter):
    """A filter that compares all molecules with each other, by a few bytes of each, so that many can be judged.

    A subclass overrides `compute_features` and `select`.
    """

    def compute_features(self, molecules: Sequence[Molecule]) -> list[bytes]:
        """The bytes of each valid molecule that the filter compares, along with its score."""
        return [b""] * len(molecules)

    @abstractmethod
    def select(self, features: Sequence[bytes], values: Floats, smiles: Sequence[str]) -> Verdict:
        """As `_accept_scored`, from the features; `smiles` are canonical, for reasons."""

    def _accept_scored(self, molecules: Sequence[Molecule], values: Floats) -> Verdict:
        return self.select(self.compute_features(molecules), values, [str(molecule.smiles) for molecule in molecules])


def get_mols(molecules: Sequence[Molecule]) -> list[Chem.Mol]:
    """The RDKit molecules of valid ones."""
    return [molecule.mol for molecule in molecules if molecule.mol is not None]


def decide(reasons: list[str | None]) -> Verdict:
    """The verdict that rejects the molecules with a reason and keeps the others."""
    return np.array([reason is None for reason in reasons], np.bool_), reasons


def describe_failure(error: Exception) -> str:
    """The reason for rejecting a molecule that raised `error`."""
    lines = str(error).strip().splitlines()
    return f"error: {type(error).__name__}: {lines[0]:.120}" if lines else f"error: {type(error).__name__}"
