"""Structural alerts, and substructures of the user's own. The reason is the alert's name."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, ClassVar

from pydantic import Field, field_validator, model_validator
from rdkit import Chem, rdBase

from molgan.base.settings import Settings
from molgan.chem.molecule import Molecule
from molgan.filters.filter import Filter, MoleculeFilter, Verdict, kept_without
from molgan.filters.shared_descriptors import batch
from molgan.scoring.base import Scorer
from molgan.scoring.scorers.alerts import BRENK, PAINS


class Alerts(Filter):
    """Keeps molecules without a hit of an alert scorer."""

    scorer: ClassVar[type[Scorer]]

    def _accept(self, molecules: Sequence[Molecule]) -> Verdict:
        scores = self.scorer()(batch(molecules))
        reasons = [
            f"no {self.name}: {error}" if error is not None else (note or "alert") if value else None
            for value, error, note in zip(scores.values.tolist(), scores.errors, scores.notes, strict=True)
        ]
        return kept_without(reasons), reasons


class PAINSFilter(Alerts):
    name = "pains"
    summary = "No pan-assay interference alert (PAINS A, B and C)"
    scorer = PAINS


class BRENKFilter(Alerts):
    name = "brenk"
    summary = "No unwanted functionality (Brenk)"
    scorer = BRENK


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
        def _named(cls, patterns: Any) -> Any:
            if isinstance(patterns, list | tuple):
                return {str(pattern): pattern for pattern in patterns}
            return patterns

        @field_validator("forbidden", "required")
        @classmethod
        def _parse(cls, patterns: dict[str, str]) -> dict[str, str]:
            for name, smarts in patterns.items():
                with rdBase.BlockLogs():
                    pattern = Chem.MolFromSmarts(smarts)
                if pattern is None or not pattern.GetNumAtoms():
                    raise ValueError(f"{smarts!r} is not SMARTS" + (f" ({name})" if name != smarts else ""))
            return patterns

        @model_validator(mode="after")
        def _any(self) -> "Substructures.Parameters":
            if not self.forbidden and not self.required:
                raise ValueError("give forbidden, required or both")
            return self

    parameters: Parameters

    @cached_property
    def _forbidden(self) -> dict[str, Chem.Mol]:
        return _patterns(self.parameters.forbidden)

    @cached_property
    def _required(self) -> dict[str, Chem.Mol]:
        return _patterns(self.parameters.required)

    def _reason(self, mol: Chem.Mol) -> str | None:
        for name, pattern in self._forbidden.items():
            if mol.HasSubstructMatch(pattern):
                return f"has {name}"
        for name, pattern in self._required.items():
            if not mol.HasSubstructMatch(pattern):
                return f"lacks {name}"
        return None


def _patterns(smarts: Mapping[str, str]) -> dict[str, Chem.Mol]:
    return {name: Chem.MolFromSmarts(text) for name, text in smarts.items()}
