"""Settings of the training loops."""

from pydantic import Field

from molgan.settings import Settings


class CriticSettings(Settings):
    """Training of the discriminator on real against generated molecules."""

    epochs: float = Field(10, gt=0, description="passes over the larger side, at most")
    batch_size: int = Field(512, ge=2, description="molecules, half of them real")
    learning_rate: float = Field(1e-3, gt=0)
    weight_decay: float = Field(0.01, ge=0)
    clip: float = Field(1.0, gt=0, description="largest norm of a gradient")
    held_out: float = Field(0.1, gt=0, lt=1, description="share of each side that is not trained on")
    evaluate_every: int = Field(200, ge=1, description="steps between two looks at the held-out molecules")
    patience: int = Field(5, ge=1, description="looks without a gain before training stops")
    bf16: bool = Field(True, description="compute in bfloat16 where the processor has it")
