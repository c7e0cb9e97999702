"""The molecules that a campaign knows of."""

from pathlib import Path

from pydantic import Field, ValidationInfo, field_validator

from molgan.base.settings import InputPath, Settings, existing
from molgan.chem.molecule import parse


class DataSettings(Settings):
    """`train` holds real molecules: the generator and the critic learn from them, and novelty is counted against them.

    `column` is its SMILES column, found by name when left out. `lead` (a SMILES) and `actives` (SMILES, or a file of
    them) are what `molgan check` puts before the objective.
    """

    train: InputPath
    column: str | None = None
    lead: str | None = None
    actives: list[str] | Path = Field(default_factory=list)

    @field_validator("lead")
    @classmethod
    def _is_molecule(cls, smiles: str | None) -> str | None:
        if smiles is not None and (reason := parse(smiles).reason) is not None:
            raise ValueError(f"{smiles!r} is not a molecule: {reason}")
        return smiles

    @field_validator("actives", mode="before")
    @classmethod
    def _are_molecules(cls, given: object, info: ValidationInfo) -> object:
        if isinstance(given, str | Path):
            return existing(Path(given), info)
        for smiles in given if isinstance(given, list) else []:
            cls._is_molecule(smiles)
        return given
