"""Structural alerts of a user's own."""

from functools import cached_property
from typing import Annotated

from pydantic import Field
from rdkit import Chem

from molgan.base.settings import Settings
from molgan.chem.smarts import Smarts, SmartsList, read_named_smarts
from molgan.scoring.base import DescriptorScorer
from molgan.scoring.fast.descriptors import Descriptors
from molgan.scoring.transforms import Linear


class CustomAlerts(DescriptorScorer):
    """The note lists the names of the alerts that hit, in the order given."""

    name = "custom_alerts"
    summary = "Alert of your own, given as SMARTS"
    low, high, direction, boolean = 0.0, 1.0, "low", True
    default_transform = Linear(low=1.0, high=0.0)

    class Parameters(Settings):
        smarts: SmartsList | Annotated[dict[str, Smarts], Field(min_length=1)] = Field(
            description="SMARTS patterns, as a list, or by name"
        )

    parameters: Parameters

    @cached_property
    def _patterns(self) -> dict[str, Chem.Mol]:
        return read_named_smarts(self.parameters.smarts)

    def _value(self, molecule: Descriptors) -> float:
        return float(any(molecule.mol.HasSubstructMatch(pattern) for pattern in self._patterns.values()))

    def _note(self, molecule: Descriptors) -> str | None:
        hits = (name for name, pattern in self._patterns.items() if molecule.mol.HasSubstructMatch(pattern))
        return "; ".join(hits) or None
