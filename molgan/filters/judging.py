"""Judge the molecules of a chunk without knowing the others, so that chunks of a stream can be judged anywhere.

A judged chunk is a table by column, one row per molecule, in order: `source`, the SMILES as given; `smiles`, canonical
(None for invalid input); `stage` and `reason`, the number and the reason of the first filter that rejects the molecule
by itself (the number of filters and None where no filter does). Each filter that compares molecules adds columns with
its number, with values for the molecules that reach it and None for the others: `same_<number>`, 16 bytes that equal
molecules share; or `features_<number>` and `value_<number>`, which a filter of the whole set compares.
`molgan.filters.settling` completes the judgement.
"""

from collections.abc import Callable, Sequence
from time import perf_counter
from typing import TYPE_CHECKING, Any, Protocol

from molgan.base.errors import MolganError
from molgan.chem.molecule import Molecule
from molgan.filters.filter import Filter, IdentityFilter, WholeFilter, describe_failure

if TYPE_CHECKING:
    import pandas

Scoring = Callable[[Sequence[Molecule]], "pandas.DataFrame"]
"""A function that scores molecules: a table with one row per molecule, in order."""


class JudgedChunk(Protocol):
    """The columns of a judged chunk, in memory or on disk."""

    def __getitem__(self, name: str, /) -> Sequence[Any]:
        """A column: one value per molecule, in order."""


class Lot:
    """Molecules on their way through filters, at most `SHARED` at a time."""

    def __init__(self, molecules: Sequence[Molecule], table: "pandas.DataFrame | Scoring | None" = None) -> None:
        """`table` has the scores that filters read, one row per molecule, or computes them for those that get so
        far."""
        self._molecules = molecules
        self._table = table
        self._left = list(range(len(molecules)))
        self._stages: list[int | None] = [None] * len(molecules)
        self._reasons: list[str | None] = [None] * len(molecules)
        self._features: dict[str, list[Any]] = {}
        self.seconds: list[float] = []
        """Seconds that each filter took."""

    @property
    def survivors(self) -> list[Molecule]:
        """The molecules that no filter has rejected by itself so far."""
        return [self._molecules[place] for place in self._left]

    def judge(self, filters: Sequence[Filter]) -> dict[str, list[Any]]:
        """Pass the molecules through the filters, which can be done once, and return the columns of a judged chunk.
        Raises ConfigError when `table` lacks a column that a filter reads."""
        for number, filter_ in enumerate(filters):
            began = perf_counter()
            if isinstance(filter_, IdentityFilter | WholeFilter):
                self._collect_features(number, filter_)
            else:
                self._reject(number, filter_(self.survivors, self._scores(filter_)).reasons)
            self.seconds.append(perf_counter() - began)
        return {
            "source": [molecule.source for molecule in self._molecules],
            "smiles": [molecule.smiles for molecule in self._molecules],
            "stage": [len(filters) if stage is None else stage for stage in self._stages],
            "reason": self._reasons,
            **self._features,
        }

    def spread(self, values: Sequence[Any]) -> list[Any]:
        """A column with the values of the survivors and None for the others."""
        column: list[Any] = [None] * len(self._molecules)
        for place, value in zip(self._left, values, strict=True):
            column[place] = value
        return column

    def _collect_features(self, number: int, filter_: IdentityFilter | WholeFilter) -> None:
        """Reject invalid input and what takes too long, and collect the features that the filter compares."""
        self._reject(number, [molecule.reason or filter_.find_delay(molecule) for molecule in self.survivors])
        features, reasons = _compute_features(filter_, self.survivors)
        self._reject(number, reasons)
        name = "same" if isinstance(filter_, IdentityFilter) else "features"
        self._features[f"{name}_{number}"] = self.spread(features)
        if isinstance(filter_, WholeFilter):
            values = filter_.read_column(len(self._left), self._scores(filter_))
            self._features[f"value_{number}"] = self.spread(values.tolist())

    def _reject(self, number: int, reasons: Sequence[str | None]) -> None:
        for place, reason in zip(self._left, reasons, strict=True):
            if reason is not None:
                self._stages[place], self._reasons[place] = number, reason
        self._left = [place for place in self._left if self._stages[place] is None]

    def _scores(self, filter_: Filter) -> "pandas.DataFrame | None":
        """The score rows of the survivors; None where the filter reads no scores."""
        if filter_.column is None or self._table is None:
            return None
        return self._table(self.survivors) if callable(self._table) else self._table.iloc[self._left]


def _compute_features(
    filter_: IdentityFilter | WholeFilter, molecules: Sequence[Molecule]
) -> tuple[list[bytes], list[str | None]]:
    """The features of valid molecules, and a reason for each that the filter fails on, whose feature is empty."""
    try:
        return filter_.compute_features(molecules), [None] * len(molecules)
    except MolganError:
        raise
    except Exception as error:
        if len(molecules) == 1:
            return [], [describe_failure(error)]
        alone = [_compute_features(filter_, [molecule]) for molecule in molecules]
        return [value for features, _ in alone for value in features], [why for _, reasons in alone for why in reasons]
