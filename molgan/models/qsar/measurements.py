"""Molecules with a measured target, read from a file."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rdkit import Chem

from molgan.base.errors import InputError
from molgan.chem.molecule import Molecule, parse
from molgan.chem.reading import Record, read_smiles
from molgan.chem.settings import StandardizeSettings
from molgan.models.qsar.measured_value import MeasuredValue, Unreadable, convert_unit, has_decimal_comma, read_value
from molgan.models.qsar.settings import Target

OnBad = Callable[[int, str], None]

LEAST = 50  # with fewer molecules the test part, a tenth, says nothing
BOUND = "a bound only (< or >)"
"""The cause for which a row with a bound is skipped."""
_CLASSES = {"0": 0.0, "1": 1.0, "false": 0.0, "true": 1.0, "no": 0.0, "yes": 1.0, "inactive": 0.0, "active": 1.0}
_CLASSES |= {"0.0": 0.0, "1.0": 1.0}


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A molecule whose measurements lie farther apart than the limit, or are of both classes; `lines` of the file."""

    smiles: str
    values: tuple[float, ...]
    lines: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Measured:
    """Distinct molecules (canonical SMILES) and their target: numbers in `unit` ("" where the file says none), or
    classes 0 and 1. `causes` counts the rows that were skipped, `notes` those that were read and changed, by cause.
    `lines` are those of the file that each molecule comes from, none where it is not from a file."""

    smiles: list[str]
    mols: list[Chem.Mol]
    target: NDArray[np.float64]
    task: Target
    unit: str = ""
    disagreements: list[Disagreement] = field(default_factory=list)
    causes: Counter[str] = field(default_factory=Counter)
    notes: Counter[str] = field(default_factory=Counter)
    lines: list[tuple[int, ...]] = field(default_factory=list)

    def take(self, rows: NDArray[np.int64]) -> Measured:
        """Some of the molecules, in the order of `rows` [n], and nothing of the others."""
        chosen = rows.tolist()
        return Measured(
            [self.smiles[i] for i in chosen],
            [self.mols[i] for i in chosen],
            self.target[rows],
            self.task,
            self.unit,
            lines=[self.lines[i] for i in chosen] if self.lines else [],
        )


@dataclass(frozen=True, slots=True)
class _Row:
    line: int
    molecule: Molecule
    value: MeasuredValue | Unreadable
    text: str


def read_measured(
    path: str | Path,
    target: str,
    *,
    smiles: str | None = None,
    on_bad: OnBad | None = None,
    standardize: StandardizeSettings | None = None,
    limit: float | None = None,
    least: int = LEAST,
) -> Measured:
    """Read a table, or an SDF file with its properties. Classes are 0 and 1, no and yes, false and true, inactive and
    active; anything else is a number as `read_value` has it. Units are those of most rows, and others are converted to
    it where they can be; a value that is only a bound, as >5, is skipped.

    Rows without a valid molecule or a usable target go to `on_bad` as (line, reason) and are skipped. The mean is taken
    of repeated measurements of a molecule; a molecule in both classes is left out. `disagreements` has the molecules
    whose values differ by more than `limit`, by default the standard deviation of all values. With `standardize`,
    molecules are taken in that form, so that a salt and its parent are one. Raises InputError for a missing column, a
    target that is not numeric, a single value, and fewer than `least` molecules.
    """
    tell = on_bad or (lambda line, reason: None)
    causes: Counter[str] = Counter()

    def skip(line: int, cause: str, reason: str | None = None) -> None:
        causes[cause] += 1
        tell(line, reason or cause)

    records = list(read_smiles(path, column=smiles, on_bad=lambda line, reason: skip(line, "unreadable row", reason)))
    cells = [_find_cell(record, target, path) for record in records]
    classes = all(text.lower() in _CLASSES for text in cells if text)
    decimal_comma = any(has_decimal_comma(text) for text in cells)
    read = parse if standardize is None else standardize.standardise
    rows = [
        _Row(
            record.line,
            read(record.smiles),
            _read_class(text) if classes else read_value(text, decimal_comma=decimal_comma),
            text,
        )
        for record, text in zip(records, cells, strict=True)
    ]
    unit = _find_unit(rows)
    values: dict[str, list[tuple[float, int]]] = defaultdict(list)
    mols: dict[str, Chem.Mol] = {}
    notes: Counter[str] = Counter()
    unread: Counter[str] = Counter()
    for row in rows:
        value = _use(row.value, unit)
        if row.molecule.mol is None or row.molecule.smiles is None:
            skip(row.line, "invalid molecule", row.molecule.reason)
        elif isinstance(value, Unreadable):
            unread[value.cause] += 1
            skip(row.line, value.cause, f"{target} is {row.text!r:.40}, {value.cause}" if row.text else f"no {target}")
        else:
            values[row.molecule.smiles].append((value, row.line))
            mols.setdefault(row.molecule.smiles, row.molecule.mol)
            notes.update(_describe_use(row.value, unit))
    if unread.total() > len(rows) / 2:
        reasons = ", ".join(f"{count:,} {cause}" for cause, count in unread.most_common(3))
        raise InputError(
            f"{path}: column {target!r} is not numeric in {unread.total():,} of {len(rows):,} rows ({reasons})"
        )
    disagreements = _find_disagreements(values, classes, limit)
    if classes:
        for each in disagreements:
            del values[each.smiles]
        if disagreements:
            causes["in both classes"] += sum(len(each.lines) for each in disagreements)
    numbers = {text: [value for value, _ in found] for text, found in values.items()}
    means = _average(str(path), target, numbers, causes, least)
    task: Target = "classification" if classes else "regression"
    lines = [tuple(line for _, line in found) for found in values.values()]
    kept = [mols[text] for text in values]
    return Measured(list(values), kept, means, task, unit, disagreements, causes, notes, lines)


def _find_cell(record: Record, target: str, path: str | Path) -> str:
    if target not in record.fields:
        present = ", ".join(record.fields) or "none"
        raise InputError(f"{path}: no column {target!r} for the target; other columns: {present:.200}")
    return record.fields[target].strip()


def _read_class(text: str) -> MeasuredValue | Unreadable:
    return MeasuredValue(_CLASSES[text.lower()]) if text else Unreadable("no value")


def _find_unit(rows: list[_Row]) -> str:
    """The unit of most values; the first in the alphabet of several."""
    units = Counter(row.value.unit for row in rows if isinstance(row.value, MeasuredValue))
    return min(units, key=lambda unit: (-units[unit], unit), default="")


def _use(value: MeasuredValue | Unreadable, unit: str) -> float | Unreadable:
    if isinstance(value, Unreadable):
        return value
    if value.bound:
        return Unreadable(BOUND)
    if not np.isfinite(value.number):
        return Unreadable("not a number")
    number = convert_unit(value.number, value.unit, unit)
    if number is None:
        here = f"in {value.unit}" if value.unit else "without a unit"
        return Unreadable(f"{here} where most are {f'in {unit}' if unit else 'without one'}")
    return number


def _describe_use(value: MeasuredValue | Unreadable, unit: str) -> list[str]:
    if isinstance(value, Unreadable):
        return []
    converted = [f"converted from {value.unit} to {unit}"] if value.unit != unit else []
    return [*converted, *(["approximate (~), taken as exact"] if value.approximate else [])]


def _find_disagreements(
    values: dict[str, list[tuple[float, int]]], classes: bool, limit: float | None
) -> list[Disagreement]:
    if limit is None:
        limit = float(np.std([value for found in values.values() for value, _ in found])) if values else 0.0
    most = 0.0 if classes else limit
    return [
        Disagreement(smiles, tuple(value for value, _ in found), tuple(line for _, line in found))
        for smiles, found in values.items()
        if max(found)[0] - min(found)[0] > most
    ]


def _average(
    path: str, target: str, values: dict[str, list[float]], causes: Counter[str], least: int
) -> NDArray[np.float64]:
    if len(values) < least:
        skipped = ", ".join(f"{count:,} {cause}" for cause, count in causes.most_common(3))
        few = f"{path}: {len(values)} molecules with a {target}; at least {least} are needed"
        raise InputError(f"{few} (rows skipped: {skipped})" if skipped else few)
    means = np.array([sum(found) / len(found) for found in values.values()])
    if np.ptp(means) == 0:
        raise InputError(f"{path}: every {target} is {means[0]:g}; there is nothing to learn; add rows of other values")
    return means
