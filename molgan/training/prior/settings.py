"""Settings of likelihood training with source molecules, and of the training of a generator of analogues."""

from typing import ClassVar

from pydantic import Field

from molgan.base.settings import Settings
from molgan.graphs.motif.settings import PairSettings
from molgan.models.settings import SourceSettings


class LessonSettings(Settings):
    """Likelihood training on molecules, each given a source molecule."""

    miniature: ClassVar = {"steps": 4, "batch_size": 16}

    steps: int = Field(3000, ge=1, description="Steps")
    batch_size: int = Field(512, ge=1, description="Pairs per step")
    learning_rate: float = Field(5e-4, gt=0, description="Learning rate of the weights that the training starts from")
    reader_learning_rate: float = Field(2e-3, gt=0, description="Learning rate of the network that reads the source")
    warmup: int = Field(100, ge=0, description="Steps over which the learning rates rise")
    decay: float = Field(
        0.6, gt=0, le=1, description="Share of the steps, the last ones, over which the rates fall linearly to 0"
    )
    weight_decay: float = Field(0.01, ge=0, description="Weight decay of AdamW")
    clip: float = Field(1.0, gt=0, description="Largest norm of a gradient")
    without_similarity: float = Field(
        0.2, ge=0, le=1, description="Share of the pairs whose similarity the network is not told"
    )
    bf16: bool = Field(True, description="Compute in bfloat16 where the processor has it")
    checkpoint_every: int = Field(100, ge=1, description="Steps between two checkpoints")
    report_every: int = Field(20, ge=1, description="Steps between two reports")


class AnalogueSettings(LessonSettings):
    """Likelihood training on pairs of similar molecules: of the one, given the other."""

    miniature: ClassVar = {
        "steps": 4,
        "batch_size": 16,
        "network": SourceSettings.miniature,
        "pairs": {**PairSettings.miniature, "lowest": 0.2},
    }

    without_source: float = Field(
        0.1, ge=0, lt=1, description="Share of the molecules that are learned without a source, as the prior's are"
    )
    untold: float = Field(0.5, ge=0, le=1, description="Share of the molecules with no property told")
    least_count: int = Field(
        20, ge=1, description="Occurrences in the data from which a motif gets an action of its own"
    )
    network: SourceSettings = Field(
        SourceSettings(), description="Network that reads the source, where the weights have none yet"
    )
    pairs: PairSettings = Field(PairSettings(), description="Which pairs it learns from")
