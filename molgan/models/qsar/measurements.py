"""Molecules with a measured target, read from a file."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rdkit import Chem

from molgan.base.errors import InputError
from molgan.chem.molecule import parse
from molgan.chem.reading import read_smiles
from molgan.models.qsar.settings import Target

OnBad = Callable[[int, str], None]

LEAST = 50  # with fewer molecules the test part, a tenth, says nothing
_CLASSES = {"0": 0.0, "1": 1.0, "false": 0.0, "true": 1.0, "no": 0.0, "yes": 1.0, "inactive": 0.0, "active": 1.0}
_CLASSES |= {"0.0": 0.0, "1.0": 1.0}


@dataclass(frozen=True, slots=True)
class Measured:
    """Distinct molecules (canonical SMILES) and their target: numbers, or classes 0 and 1."""

    smiles: list[str]
    mols: list[Chem.Mol]
    target: NDArray[np.float64]
    task: Target


def read_measured(path: str | Path, target: str, *, smiles: str | None = None, on_bad: OnBad | None = None) -> Measured:
    """Read a table, or an SDF file with its properties. Classes are 0 and 1, no and yes, false and true, inactive and
    active; anything else is a number.

    Rows without a valid molecule or a target go to `on_bad` as (line, reason) and are skipped. The mean is taken of
    repeated measurements of a molecule; a molecule in both classes is left out. Raises InputError for a missing column,
    a target that is not numeric, a single value, and fewer than 50 molecules.
    """
    tell = on_bad or (lambda line, reason: None)
    rows: list[tuple[int, str, str]] = []
    for record in read_smiles(path, column=smiles, on_bad=tell):
        if target not in record.fields:
            present = ", ".join(record.fields) or "none"
            raise InputError(f"{path}: no column {target!r} for the target; other columns: {present:.200}")
        rows.append((record.line, record.smiles, record.fields[target].strip()))
    classes = all(text.lower() in _CLASSES for _, _, text in rows if text)
    values: dict[str, list[float]] = defaultdict(list)
    mols: dict[str, Chem.Mol] = {}
    unread = 0
    for line, written, text in rows:
        value = _CLASSES.get(text.lower(), math.nan) if classes else _number(text)
        molecule = parse(written)
        if molecule.mol is None or molecule.smiles is None:
            tell(line, molecule.reason or "no molecule")
        elif not math.isfinite(value):
            unread += 1
            tell(line, f"{target} is {text!r:.40}, not a number" if text else f"no {target}")
        else:
            values[molecule.smiles].append(value)
            mols.setdefault(molecule.smiles, molecule.mol)
    if unread > len(rows) / 2:
        raise InputError(f"{path}: column {target!r} is not numeric in {unread:,} of {len(rows):,} rows")
    return _merge_repeats(str(path), target, values, mols, classes)


def _merge_repeats(
    path: str, target: str, values: dict[str, list[float]], mols: dict[str, Chem.Mol], classes: bool
) -> Measured:
    if classes:
        values = {smiles: found for smiles, found in values.items() if len(set(found)) == 1}
    if len(values) < LEAST:
        raise InputError(f"{path}: {len(values)} molecules with a {target}; at least {LEAST} are needed")
    means = np.array([sum(found) / len(found) for found in values.values()])
    if np.ptp(means) == 0:
        raise InputError(f"{path}: every {target} is {means[0]:g}; there is nothing to learn")
    task: Target = "classification" if classes else "regression"
    return Measured(list(values), [mols[smiles] for smiles in values], means, task)


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan
