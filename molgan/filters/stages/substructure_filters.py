"""Alerts and substructures: SMARTS of the user's own. The reason is the pattern's name."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from pydantic import Field, field_validator, model_validator
from rdkit import Chem, rdBase

from molgan.base.settings import Settings
from molgan.filters.filter import MoleculeFilter


class Substructures(MoleculeFilter):
    name = "substructures"
    summary = "No forbidden SMARTS, every required one"

    class Parameters(Settings):
        forbidden: dict[str, str] = Field(
            default_factory=dict,
            description="SMARTS that no molecule may match, as a list, or by name; stereo in a pattern is ignored",
        )
        required: dict[str, str] = Field(
            default_factory=dict,
            description="SMARTS that every molecule must match, as a list, or by name; stereo in a pattern is ignored",
        )

        @field_validator("forbidden", "required", mode="before", json_schema_input_type=dict[str, str] | list[str])
        @classmethod
        def _name_patterns(cls, patterns: Any) -> Any:
            if isinstance(patterns, list | tuple):
                return {str(pattern): pattern for pattern in patterns}
            return patterns

        @field_validator("forbidden", "required")
        @classmethod
        def _check_patterns(cls, patterns: dict[str, str]) -> dict[str, str]:
            for name, smarts in patterns.items():
                with rdBase.BlockLogs():
                    pattern = Chem.MolFromSmarts(smarts)
                if pattern is None or not pattern.GetNumAtoms():
                    raise ValueError(f"{smarts!r} is not SMARTS" + (f" ({name})" if name != smarts else ""))
            return patterns

        @model_validator(mode="after")
        def _check_any(self) -> "Substructures.Parameters":
            if not self.forbidden and not self.required:
                raise ValueError("give forbidden, required or both")
            return self

    parameters: Parameters

    @cached_property
    def _forbidden(self) -> dict[str, Chem.Mol]:
        return _read_patterns(self.parameters.forbidden)

    @cached_property
    def _required(self) -> dict[str, Chem.Mol]:
        return _read_patterns(self.parameters.required)

    def _reason(self, mol: Chem.Mol) -> str | None:
        for name, pattern in self._forbidden.items():
            if mol.HasSubstructMatch(pattern):
                return f"has {name}"
        for name, pattern in self._required.items():
            if not mol.HasSubstructMatch(pattern):
                return f"lacks {name}"
        return None


def _read_patterns(smarts: Mapping[str, str]) -> dict[str, Chem.Mol]:
    return {name: Chem.MolFromSmarts(text) for name, text in smarts.items()}
