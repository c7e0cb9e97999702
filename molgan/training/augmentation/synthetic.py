"""Synthetic molecules with what is known of them."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from rdkit import Chem

from molgan.models.qsar.measurements import Measured

if TYPE_CHECKING:
    import pandas


@dataclass(frozen=True, slots=True)
class Synthetic:
    """A synthetic molecule (canonical SMILES). Rows are those of the measured molecules that it was made from.

    `value` is its label, in the unit of the measurements or a class, and `uncertainty` the expected absolute error of
    it; both NaN without a label. `how` is the evidence, neighbour or teacher, "" without a label. `neighbour` is the
    row of the nearest measured molecule, at a Tanimoto similarity (ECFP4) of `similarity`. `origin` is the source of
    molecules, and `parent` the row of the molecule that it was made of, -1 where all of the class were.
    """

    smiles: str
    mol: Chem.Mol
    value: float
    uncertainty: float
    how: str
    similarity: float
    neighbour: int
    parent: int
    origin: str

    @property
    def is_labelled(self) -> bool:
        return not math.isnan(self.value)


@dataclass(frozen=True)
class Synthesis:
    """Synthetic molecules, those with a label first wanted; `dropped` counts drawn molecules that were not taken, by
    cause, and `wanted` is how many labelled ones were asked for."""

    molecules: list[Synthetic]
    wanted: int
    drawn: int = 0
    dropped: Counter[str] = field(default_factory=Counter)

    @property
    def labelled(self) -> list[Synthetic]:
        return [each for each in self.molecules if each.is_labelled]

    @property
    def values(self) -> NDArray[np.float64]:
        """The labels [n] of `labelled`."""
        return np.array([each.value for each in self.labelled], dtype=np.float64)


def tabulate(molecules: Sequence[Synthetic], measured: Measured, target: str) -> pandas.DataFrame:
    """The table of synthetic molecules with their provenance; what is not known is missing. Lines are those of the
    file, several in one cell with spaces between them."""
    import pandas

    def lines(row: int) -> str | None:
        return " ".join(map(str, measured.lines[row])) if row >= 0 and measured.lines else None

    def smiles(row: int) -> str | None:
        return measured.smiles[row] if row >= 0 else None

    rows = [
        {
            "smiles": each.smiles,
            target: each.value,
            "labelled_by": each.how or None,
            "uncertainty": each.uncertainty,
            "similarity": each.similarity,
            "neighbour_smiles": smiles(each.neighbour),
            "neighbour_lines": lines(each.neighbour),
            "origin": each.origin,
            "source_smiles": smiles(each.parent),
            "source_lines": lines(each.parent),
        }
        for each in molecules
    ]
    columns = ["smiles", target, "labelled_by", "uncertainty", "similarity", "neighbour_smiles", "neighbour_lines"]
    return pandas.DataFrame(rows, columns=[*columns, "origin", "source_smiles", "source_lines"])
