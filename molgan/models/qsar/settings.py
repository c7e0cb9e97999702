"""Settings of the training of a QSAR model, and the description that is saved with its weights."""

from typing import Literal

from pydantic import Field

from molgan.base.settings import Settings
from molgan.chem.settings import StandardizeSettings

FINGERPRINT_RADIUS = 2
FINGERPRINT_BITS = 2048

Kind = Literal["fingerprint", "dmpnn", "forest", "boosting", "best"]
Target = Literal["regression", "classification"]


class QSARTraining(Settings):
    """Training of a model. `fingerprint` is DeepChem's MultitaskRegressor or MultitaskClassifier on ECFP4 with counts,
    `dmpnn` its DMPNNModel, `forest` scikit-learn's random forest on ECFP4 with counts, `boosting` its gradient-boosted
    trees on ECFP4 with counts and whole-molecule descriptors. `best` is `fingerprint`, `forest` or `boosting`, the best
    one on the second part of the data; a saved model has the kind that was chosen."""

    kind: Kind = Field("fingerprint", description="Kind of the model")
    members: int = Field(5, ge=2, le=50, description="Networks, or boosted models, that differ by their seeds")
    trees: int = Field(100, ge=2, le=5000, description="Trees of a forest")
    rounds: int = Field(200, ge=2, le=5000, description="Trees of a boosted model, one after the other")
    leaves: int = Field(31, ge=2, le=1024, description="Most leaves of a tree of a boosted model")
    shrinkage: float = Field(0.1, gt=0, le=1, description="Share of each tree that counts in a boosted model")
    epochs: int = Field(40, ge=1, le=10_000, description="Passes over the measurements")
    hidden: int = Field(256, ge=4, le=8192, description="Units of the hidden layer, or of the messages of dmpnn")
    dropout: float = Field(0.25, ge=0, lt=1, description="Share of the units that is dropped in training")
    batch_size: int = Field(64, ge=2, description="Molecules per step")
    learning_rate: float = Field(1e-3, gt=0, description="Learning rate of Adam")
    seed: int = Field(0, ge=0, lt=2**31, description="Seed of all random numbers")
    standardize: StandardizeSettings | None = Field(
        None, description="Form in which molecules are taken, in training and in predictions"
    )

    @property
    def files(self) -> int:
        """How many files of weights a saved model has."""
        return 1 if self.kind == "forest" else self.members


class QSARDescription(Settings):
    """The description of a saved model. The networks predict (target - `mean`) / `scale` (DeepChem's
    NormalizationTransformer as numbers); for classes, `mean` is 0 and `scale` is 1.

    `error`: non-negative numbers a, b, c, in the target's unit, of a + b · spread + c · (1 - similarity): see
    `QSARModel`.
    """

    target: str
    task: Target
    training: QSARTraining
    mean: float = 0.0
    scale: float = Field(1.0, gt=0)
    error: tuple[float, float, float]
    molecules: dict[str, int]
    metrics: dict[str, dict[str, float | None]]
    versions: dict[str, str]
