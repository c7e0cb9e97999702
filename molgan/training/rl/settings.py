"""Settings of reinforcement learning as a stage of a campaign."""

from pathlib import Path
from typing import ClassVar, Literal

from pydantic import Field, ValidationInfo, field_validator, model_validator

from molgan.base.settings import Settings
from molgan.chem.given_molecules import find_file, refuse_bad_smiles
from molgan.chem.plausibility.plausible import PlausibilitySwitch, SearchPlausibilitySettings
from molgan.evaluation.settings import CollapseSettings
from molgan.training.settings import CurriculumStageSettings, DiversityMemorySettings


class ReinforceStageSettings(CurriculumStageSettings):
    """A stage of a curriculum, before the campaign's own objective."""

    miniature: ClassVar = {"steps": 2}

    steps: int = Field(50, ge=1, description="Most updates of the agent")
    target: float | None = Field(None, description="Mean score of a batch at which the next stage begins")
    patience: int | None = Field(
        None, ge=1, description="Updates without a gain in the best mean score after which the next stage begins"
    )


class ReinforceSettings(Settings):
    """Reinforcement learning of the agent, anchored to the generator that it starts as (the prior)."""

    miniature: ClassVar = {"steps": 2, "batch_size": 16, "replay": 4}

    steps: int = Field(100, ge=0, description="Updates of the agent")
    target: float | None = Field(None, description="Mean score of a batch at which to stop; none by default")
    patience: int | None = Field(
        None, ge=1, description="Updates without a gain in the best mean score of a batch after which to stop"
    )
    batch_size: int = Field(128, ge=2, description="Molecules drawn for an update")
    learning_rate: float = Field(2e-4, gt=0, description="Learning rate of the generator")
    reward_scale: float = Field(40.0, gt=0, description="Nats by which the best reward may outweigh the prior")
    gan_weight: float = Field(
        0.1,
        ge=0,
        le=1,
        description="MolGAN's lambda: share of the critic in the signal, with the section `adversarial`",
    )
    logit_clip: float = Field(4.0, gt=0, description="Nats by which the critic may move a molecule's probability")
    replay: int = Field(32, ge=0, description="Molecules of the replay memory that join each update, drawn by rank")
    replay_size: int = Field(512, ge=1, description="Best molecules so far that the replay memory holds")
    replay_start: list[str] | Path = Field(
        default_factory=list,
        description="SMILES of your own that the replay memory starts with, or a file of them; they are scored first",
    )
    diversity: DiversityMemorySettings | None = Field(
        DiversityMemorySettings(),
        description="Memory of scaffolds, or other families, that keeps samples diverse; null goes without",
    )
    plausible: PlausibilitySwitch = Field(
        SearchPlausibilitySettings(),
        description="Give molecules that the filter `plausible` with these counts rejects a reward of 0 without "
        "scoring them; what those of `replay_start` have is never refused. `false` refuses nothing",
    )
    clip: float = Field(1.0, gt=0, description="Largest norm of a gradient")
    bf16: bool = Field(True, description="Compute in bfloat16 where the processor has it")
    on_collapse: Literal["rollback", "stop"] = Field(
        "rollback", description="What happens when the watch finds a mode collapse"
    )
    rollback_factor: float = Field(
        0.5, gt=0, lt=1, description="Factor for learning rate and reward scale after a rollback"
    )
    most_rollbacks: int = Field(3, ge=0, description="Rollbacks before the stage stops")
    collapse: CollapseSettings = Field(CollapseSettings(), description="Watch for mode collapse")
    checkpoint_every: int = Field(10, ge=1, description="Updates between two checkpoints")
    staleness: Literal[0, 1] = Field(
        0, description="1 draws the next batch, by the agent before its update, while this one is scored"
    )
    curriculum: list[ReinforceStageSettings] = Field(
        default_factory=list, description="Stages with easier objectives that come first"
    )

    @field_validator("replay_start", mode="before")
    @classmethod
    def _check_molecules(cls, given: object, info: ValidationInfo) -> object:
        return refuse_bad_smiles(find_file(given, info))

    @model_validator(mode="after")
    def _has_replay(self) -> "ReinforceSettings":
        if self.replay == 0 and self.replay_start:
            raise ValueError("replay_start: has no say with `replay: 0`; raise `replay`, the molecules of each update")
        return self
