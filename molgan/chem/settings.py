"""Settings of the molecules that a campaign learns from, and of the form in which molecules are taken."""

from pathlib import Path

from pydantic import Field, ValidationInfo, field_validator

from molgan.base.settings import MoleculesPath, Settings
from molgan.chem.given_molecules import find_file, refuse_bad_smiles
from molgan.chem.molecule import Molecule
from molgan.chem.standardise import Standardised, explain_standardisation


class StandardizeSettings(Settings):
    """The standard form of molecules, without salts, solvents and charges that a proton balances; see
    `molgan.chem.standardise`."""

    tautomers: bool = Field(False, description="Whether a molecule is replaced by RDKit's canonical tautomer")
    keep_stereo: bool = Field(True, description="Whether stereo is kept; without it, stereoisomers are one molecule")

    def explain(self, smiles: str | Molecule | None) -> Standardised:
        """The molecule in this form, or the reason why there is none, with the changes."""
        return explain_standardisation(smiles, tautomers=self.tautomers, keep_stereo=self.keep_stereo)

    def standardise(self, smiles: str | Molecule | None) -> Molecule:
        """The molecule in this form, or the reason why there is none."""
        return self.explain(smiles).molecule


class EnumerateSettings(Settings):
    """Enumeration of unspecified stereo; see `molgan.chem.stereoisomers`."""

    enumerate: int = Field(4, ge=1, le=64, description="Most stereoisomers of a molecule")


class DataSettings(Settings):
    """The molecules that a job learns from and compares with."""

    train: MoleculesPath = Field(
        description="File of real molecules that the generator and the critic learn from, and the reference for "
        "novelty: .smi, .csv, .tsv (also .gz), .sdf or .parquet, also as a URL (s3://…)"
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
        refuse_bad_smiles([smiles])
        return smiles

    @field_validator("actives", mode="before")
    @classmethod
    def _are_molecules(cls, given: object, info: ValidationInfo) -> object:
        return refuse_bad_smiles(find_file(given, info))
