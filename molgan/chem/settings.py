"""The molecules that a campaign knows of, and in which form it takes them."""

from pathlib import Path

from pydantic import Field, ValidationInfo, field_validator

from molgan.base.settings import InputPath, Settings, existing
from molgan.chem.molecule import Molecule, parse
from molgan.chem.standardise import Standardised, explain_standardisation


class StandardizeSettings(Settings):
    """The form in which molecules are taken: without salts, solvents and charges that a proton balances, see
    `molgan.chem.standardise`."""

    tautomers: bool = Field(False, description="Whether RDKit's canonical tautomer takes the place of the one given")
    keep_stereo: bool = Field(True, description="Whether stereo stays; without it, stereoisomers become one molecule")

    def explain(self, smiles: str | Molecule | None) -> Standardised:
        """The molecule in this form, or the reason why not, and what was changed."""
        return explain_standardisation(smiles, tautomers=self.tautomers, keep_stereo=self.keep_stereo)

    def standardise(self, smiles: str | Molecule | None) -> Molecule:
        """The molecule in this form, or the reason why not."""
        return self.explain(smiles).molecule


class EnumerateSettings(Settings):
    """The stereoisomers that molecules may be, see `molgan.chem.stereoisomers`."""

    enumerate: int = Field(4, ge=1, le=64, description="Most stereoisomers of a molecule")


class DataSettings(Settings):
    """The molecules that a job learns from and compares with."""

    train: InputPath = Field(
        description="File of real molecules, that the generator and the critic learn from and that novelty is counted "
        "against: .smi, .csv, .tsv (also .gz), .sdf or .parquet"
    )
    column: str | None = Field(None, description="Name of the SMILES column in `train`; found by name when left out")
    lead: str | None = Field(None, description="SMILES of a molecule that `molgan check` scores by the objective")
    actives: list[str] | Path = Field(
        default_factory=list,
        description="SMILES, or a file of them, of active molecules that `molgan check` scores by the objective",
    )

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
