"""Settings of the networks."""

from pathlib import Path
from typing import ClassVar, Literal

from pydantic import Field, ValidationInfo, field_validator

from molgan.base.default_weights import DEFAULT_WEIGHTS
from molgan.base.errors import MolganError
from molgan.base.settings import Settings, expand_home

BATCH = 2048  # molecules that a generator draws together; another number draws other molecules

CriticKind = Literal["graph", "descriptors", "both"]
"""What a critic sees of a molecule."""


class DiscriminatorSettings(Settings):
    """The graph network of the discriminator."""

    width: int = Field(128, ge=8, le=1024, description="Features of an atom")
    layers: int = Field(4, ge=1, le=16, description="Relational layers: how many bonds away an atom sees")
    readout: int = Field(128, ge=8, le=1024, description="Features of a molecule")


class DescriptorCriticSettings(Settings):
    """The perceptron of a critic that sees whole-molecule descriptors."""

    width: int = Field(256, ge=8, le=4096, description="Units of a hidden layer")
    layers: int = Field(2, ge=1, le=8, description="Hidden layers")


class WeightsSettings(Settings):
    """Where the generator that a training starts from comes from."""

    weights: str = Field(
        DEFAULT_WEIGHTS, min_length=1, description="Name of shipped weights, or a folder that a training wrote"
    )

    @field_validator("weights")
    @classmethod
    def _locate_weights(cls, weights: str, info: ValidationInfo) -> str:
        if "/" not in weights:
            return weights
        path = Path((info.context or {}).get("folder", ".")) / expand_home(Path(weights))
        try:
            return str(path.resolve()) if path.exists() else weights
        except OSError as error:  # a name that is too long
            raise ValueError(f"{weights[:60]}: {error.strerror}") from None


class GeneratorSettings(WeightsSettings):
    """Where the generator of a campaign comes from, and what it aims at."""

    targets: dict[str, float] = Field(
        default_factory=dict,
        description="Properties that all molecules aim at, in their units, of those that the weights were trained for "
        "(`network.condition`): {logp: 2.5}",
    )
    guidance: float = Field(
        1.0,
        ge=0,
        description="Strength of aiming: 1 as in the training data; more comes nearer to the targets, less varied",
    )

    @field_validator("targets")
    @classmethod
    def _check_targets(cls, targets: dict[str, float], info: ValidationInfo) -> dict[str, float]:
        if targets and (weights := info.data.get("weights")) is not None:
            from molgan.models.aiming import check_targets, read_conditions  # needs PyTorch

            try:
                check_targets(targets, read_conditions(weights))
            except MolganError as error:
                raise ValueError(f"generator.targets: {error}") from None
        return targets

    @field_validator("guidance")
    @classmethod
    def _check_guidance(cls, guidance: float, info: ValidationInfo) -> float:
        if guidance != 1 and info.data.get("targets") == {}:
            raise ValueError("generator.guidance: there is nothing to aim at; give `targets`, such as {logp: 2.5}")
        return guidance


class MotifNetworkSettings(Settings):
    """The recurrent network of the motif-tree generator."""

    miniature: ClassVar = {"embedding": 16, "hidden": 16, "layers": 1}

    embedding: int = Field(256, ge=8, le=4096, description="Features of an action")
    hidden: int = Field(512, ge=8, le=8192, description="Units of a layer of the GRU")
    layers: int = Field(2, ge=1, le=8, description="Layers of the GRU")
    readout: int = Field(
        0, ge=0, le=8192, description="Units of a layer between the GRU and the actions, narrow to be fast; 0 for none"
    )
    most_daltons: int = Field(768, ge=1, le=8192, description="Molecular weight from which on all look the same to it")
    condition: tuple[str, ...] = Field(
        (), description="Scorers whose values the generator can be told to aim at, any subset of them at a time"
    )


class SourceSettings(Settings):
    """The network by which a motif-tree generator reads a source molecule, whose analogues it draws."""

    miniature: ClassVar = {"width": 16, "layers": 2, "heads": 2, "query": 8}

    width: int = Field(128, ge=8, le=1024, description="Features of an atom")
    layers: int = Field(4, ge=1, le=16, description="Relational layers: how many bonds away an atom sees")
    heads: int = Field(4, ge=1, le=32, description="Atoms of the source that a step may look at, on average")
    query: int = Field(32, ge=4, le=256, description="Features by which a step finds an atom")
