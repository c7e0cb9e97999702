"""Closeness to a molecular formula."""

import math
import re
from collections import Counter
from functools import cached_property
from typing import Literal

from pydantic import Field, field_validator
from rdkit import Chem

from molgan.base.settings import Settings
from molgan.scoring.base import DescriptorScorer
from molgan.scoring.fast.descriptors import Descriptors

_FORMULA = re.compile(r"([A-Z][a-z]?)(\d*)")


class Isomer(DescriptorScorer):
    """N. Brown et al., J. Chem. Inf. Model. 59, 1096 (2019): the mean of exp(-(count - wanted)^2 / (2 s^2)) over each
    element of the formula, s = 1, and over all atoms, s = 2; hydrogens count."""

    name = "isomer"
    summary = "Closeness to a molecular formula"
    low, high, direction = 0.0, 1.0, "high"

    class Parameters(Settings):
        formula: str = Field(description="Molecular formula, such as C11H24")
        mean: Literal["geometric", "arithmetic"] = Field(
            "geometric", description="Mean over the elements and the number of atoms"
        )

        @field_validator("formula")
        @classmethod
        def _check_formula(cls, formula: str) -> str:
            table = Chem.GetPeriodicTable()
            if not re.fullmatch(f"({_FORMULA.pattern})+", formula):
                raise ValueError(f"{formula!r} is not a molecular formula such as C11H24")
            for symbol, _ in _FORMULA.findall(formula):
                try:
                    table.GetAtomicNumber(symbol)
                except RuntimeError:
                    raise ValueError(f"{formula!r}: no element {symbol!r}") from None
            return formula

    parameters: Parameters

    @cached_property
    def _formula_counts(self) -> Counter[str]:
        wanted: Counter[str] = Counter()
        for symbol, count in _FORMULA.findall(self.parameters.formula):
            wanted[symbol] += int(count or 1)
        return wanted

    def _value(self, molecule: Descriptors) -> float:
        counts = Counter(atom.GetSymbol() for atom in molecule.mol.GetAtoms())
        counts["H"] += sum(atom.GetTotalNumHs() for atom in molecule.mol.GetAtoms())
        wanted = self._formula_counts
        parts = [_gaussian(counts[symbol] - count, 1.0) for symbol, count in wanted.items()]
        parts.append(_gaussian(counts.total() - wanted.total(), 2.0))
        if self.parameters.mean == "arithmetic":
            return sum(parts) / len(parts)
        return math.prod(parts) ** (1 / len(parts))


def _gaussian(distance: float, width: float) -> float:
    return math.exp(-0.5 * (distance / width) ** 2)
