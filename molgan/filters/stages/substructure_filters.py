"""Alerts and substructures: SMARTS of the user's own. The reason is the pattern's name."""

from functools import cached_property
from typing import Any

from pydantic import Field, field_validator, model_validator
from rdkit import Chem

from molgan.base.settings import Settings, put_in_list
from molgan.chem.smarts import read_named_smarts, read_smarts
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

        @field_validator(
            "forbidden", "required", mode="before", json_schema_input_type=dict[str, str] | list[str] | str
        )
        @classmethod
        def _name_patterns(cls, patterns: Any) -> Any:
            patterns = put_in_list(patterns)
            if isinstance(patterns, list | tuple):
                return {str(pattern): pattern for pattern in patterns}
            return patterns

        @field_validator("forbidden", "required")
        @classmethod
        def _check_patterns(cls, patterns: dict[str, str]) -> dict[str, str]:
            for name, smarts in patterns.items():
                try:
                    read_smarts(smarts)
                except ValueError as error:
                    raise ValueError(f"{error}" + (f" ({name})" if name != smarts else "")) from None
            return patterns

        @model_validator(mode="after")
        def _check_any(self) -> "Substructures.Parameters":
            if not self.forbidden and not self.required:
                raise ValueError("give forbidden, required or both")
            return self

    parameters: Parameters

    @cached_property
    def _forbidden(self) -> dict[str, Chem.Mol]:
        return read_named_smarts(self.parameters.forbidden)

    @cached_property
    def _required(self) -> dict[str, Chem.Mol]:
        return read_named_smarts(self.parameters.required)

    def _reason(self, mol: Chem.Mol) -> str | None:
        for name, pattern in self._forbidden.items():
            if mol.HasSubstructMatch(pattern):
                return f"has {name}"
        for name, pattern in self._required.items():
            if not mol.HasSubstructMatch(pattern):
                return f"lacks {name}"
        return None
