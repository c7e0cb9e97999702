"""Substructures given as SMARTS."""

from functools import cached_property
from typing import Literal

from pydantic import Field, field_validator
from rdkit import Chem, rdBase

from molgan.scoring.base import DescriptorScorer
from molgan.scoring.descriptors import Descriptors
from molgan.settings import Settings


class Substructure(DescriptorScorer):
    name = "substructure"
    summary = "Whether given SMARTS match"
    low, high, direction, boolean = 0.0, 1.0, "high", True

    class Parameters(Settings):
        """`smarts`: the patterns. `require`: whether one match is enough or all must match. `chirality`: whether
        stereo in a pattern counts."""

        smarts: list[str] = Field(min_length=1)
        require: Literal["any", "all"] = "any"
        chirality: bool = False

        @field_validator("smarts")
        @classmethod
        def _parse(cls, smarts: list[str]) -> list[str]:
            for text in smarts:
                with rdBase.BlockLogs():
                    pattern = Chem.MolFromSmarts(text)
                if pattern is None or not pattern.GetNumAtoms():
                    raise ValueError(f"{text!r} is not SMARTS")
            return smarts

    parameters: Parameters

    @cached_property
    def _patterns(self) -> list[Chem.Mol]:
        return [Chem.MolFromSmarts(text) for text in self.parameters.smarts]

    def _value(self, molecule: Descriptors) -> float:
        chirality = self.parameters.chirality
        matches = (molecule.mol.HasSubstructMatch(pattern, useChirality=chirality) for pattern in self._patterns)
        return float(any(matches) if self.parameters.require == "any" else all(matches))
