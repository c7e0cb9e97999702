"""Settings of adaptation to a few molecules, and of translation between two sets of molecules."""

from typing import ClassVar, Literal

from pydantic import Field

from molgan.base.settings import Settings


class AdaptationSettings(Settings):
    """Fine-tuning of a generator on a few molecules of another domain, such as the known actives of a target."""

    miniature: ClassVar = {"epochs": 2, "folds": 2, "drawn": 200, "shown": 100}

    method: Literal["likelihood", "adversarial", "both"] = Field(
        "likelihood",
        description="What is learned: the molecules themselves, or those of the prior's own samples that a critic takes "
        "for molecules of the domain, or both",
    )
    epochs: int = Field(60, ge=1, description="Most passes over what is learned")
    patience: int = Field(5, ge=1, description="Epochs without a gain on held-out molecules before training stops")
    folds: int = Field(
        4,
        ge=2,
        le=20,
        description="Parts, each held out once, by which the number of epochs is found; whole scaffolds where there are "
        "enough of them. Then all molecules are learned",
    )
    batch_size: int | None = Field(
        None, ge=1, description="Molecules per update; an eighth of those learned, from 4 to 32, by default"
    )
    learning_rate: float = Field(1e-4, gt=0, description="Learning rate of AdamW")
    weight_decay: float = Field(0.01, ge=0, description="Weight decay of AdamW")
    clip: float = Field(1.0, gt=0, description="Largest norm of a gradient")
    shown: int = Field(2_000, ge=40, description="Samples of the prior that the critic learns from")
    drawn: int = Field(10_000, ge=40, description="Other samples of the prior, among which the critic chooses")
    cap_quantile: float = Field(
        0.98, gt=0, le=1, description="Quantile of the samples' logits from which on a molecule is always chosen"
    )
    bf16: bool = Field(True, description="Compute in bfloat16 where the processor has it")
    checkpoint_every: int = Field(5, ge=1, description="Epochs between two checkpoints")
