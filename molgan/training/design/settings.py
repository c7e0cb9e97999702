"""Settings of goal-directed design as a stage of a campaign."""

from pathlib import Path
from typing import ClassVar

from pydantic import Field, ValidationInfo, field_validator, model_validator

from molgan.base.errors import InputError
from molgan.base.settings import Settings
from molgan.chem.given_molecules import find_file, refuse_bad_smiles
from molgan.training.domains.settings import AdaptationSettings
from molgan.training.private.settings import PrivateSettings
from molgan.training.settings import CurriculumStageSettings, OptimizeSettings


class AnalogueSettings(Settings):
    """Only molecules whose ECFP4 Tanimoto similarity to a lead is within bounds."""

    of: str = Field(description="SMILES of the lead")
    least: float = Field(0.5, ge=0, le=1, description="Smallest Tanimoto similarity to the lead (ECFP4)")
    most: float = Field(1.0, ge=0, le=1, description="Largest Tanimoto similarity to the lead (ECFP4)")

    @field_validator("of")
    @classmethod
    def _check_molecule(cls, smiles: str) -> str:
        refuse_bad_smiles([smiles])
        return smiles


class DesignStageSettings(CurriculumStageSettings):
    """A stage of a curriculum, before the campaign's own objective."""

    miniature: ClassVar = {"budget": 30}

    budget: int = Field(1_000, ge=1, description="Distinct molecules to score")
    target: float | None = Field(None, description="Mean of the ten best scores at which the next stage begins")
    patience: int | None = Field(
        None, ge=1, description="Molecules scored without a gain after which the next stage begins"
    )


class TransferSettings(AdaptationSettings):
    """Fine-tuning of the prior on known actives."""

    private: PrivateSettings | None = Field(
        None,
        description="Differentially private fine-tuning, of all `epochs` and on all actives; protects the fine-tuned "
        "weights alone, checkpoints/optimize/transferred, not the library, since the search starts from the actives",
    )


class DesignSettings(OptimizeSettings):
    """Goal-directed design as a stage of a campaign: the library is chosen from the molecules that were scored."""

    miniature: ClassVar = {
        "budget": 60,
        "first": 16,
        "policy": 16,
        "regrowth": 8,
        "crossover": 32,
        "edit": 16,
        "exchange": 8,
        "updates": 1,
        "update_size": 8,
    }

    budget: int = Field(5_000, ge=1, description="Distinct molecules to score")
    start: list[str] | Path = Field(default_factory=list, description="SMILES to start from, or a file of them")
    core: str | None = Field(
        None, description="SMILES of a core that every molecule keeps, grown at its marks *: *c1ccc(*)cc1"
    )
    analogues: AnalogueSettings | None = Field(None, description="Bounds of the similarity to a lead; none by default")
    transfer: TransferSettings | None = Field(
        None, description="Fine-tuning on the molecules of `start`, the actives, first, as `molgan adapt` does"
    )
    curriculum: list[DesignStageSettings] = Field(
        default_factory=list, description="Stages with easier objectives that come first"
    )

    @model_validator(mode="after")
    def _has_actives(self) -> "DesignSettings":
        if self.transfer is not None and not self.start:
            raise ValueError("transfer: learns from the molecules of `start`; give some, or a file of them")
        return self

    @field_validator("start", mode="before")
    @classmethod
    def _check_molecules(cls, given: object, info: ValidationInfo) -> object:
        return refuse_bad_smiles(find_file(given, info))

    @field_validator("core")
    @classmethod
    def _check_core(cls, smiles: str | None) -> str | None:
        from molgan.graphs.motif.core import Core

        try:
            _ = smiles and Core.read(smiles)
        except InputError as error:
            raise ValueError(str(error)) from None
        return smiles
