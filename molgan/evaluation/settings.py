"""Settings of the evaluation layer."""

from pydantic import Field, model_validator

from molgan.base.settings import Settings


class CollapseSettings(Settings):
    """Limits at which training counts as collapsing or diverging. Floors are shares, 0 to 1; 0 switches a floor off."""

    window: int = Field(default=1000, ge=10, description="Number of the latest samples that are examined")
    interval: int = Field(default=250, ge=1, description="New samples between two looks")
    validity: float = Field(default=0.5, ge=0, le=1, description="Floor of valid samples / samples")
    uniqueness: float = Field(default=0.5, ge=0, le=1, description="Floor of distinct molecules / valid samples")
    scaffolds: float = Field(default=0.02, ge=0, le=1, description="Floor of distinct Murcko scaffolds / valid samples")
    scaffold_entropy: float = Field(
        default=0.2, ge=0, le=1, description="Floor of the scaffolds' entropy, which is 1 when every sample has its own"
    )
    diversity: float = Field(default=0.3, ge=0, le=1, description="Floor of the mean Tanimoto distance (ECFP4)")
    diversity_sample: int = Field(
        default=200, ge=2, description="Samples of the window that the diversity is computed from"
    )
    critic_gap: float = Field(default=20.0, gt=0, description="Ceiling of |mean critic output, real - generated|")
    gradient_norm: float = Field(default=1e4, gt=0, description="Ceiling of the gradient's norm")
    patience: int = Field(
        default=3, ge=1, description="Bad looks, or bad steps, in a row that count as a collapse or a divergence"
    )

    @model_validator(mode="after")
    def _check_sample(self) -> "CollapseSettings":
        if self.diversity_sample > self.window:
            raise ValueError(f"diversity_sample ({self.diversity_sample}) is larger than window ({self.window})")
        return self
