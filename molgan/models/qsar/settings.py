"""Settings of the training of a QSAR model, and the description that is saved with its weights."""

from typing import Literal

from pydantic import Field

from molgan.base.settings import Settings

FINGERPRINT_RADIUS = 2
FINGERPRINT_BITS = 2048

Kind = Literal["fingerprint", "dmpnn"]
Target = Literal["regression", "classification"]


class QSARTraining(Settings):
    """Training of an ensemble. `fingerprint` is DeepChem's MultitaskRegressor or MultitaskClassifier on ECFP4 with
    counts, `dmpnn` its DMPNNModel."""

    kind: Kind = Field("fingerprint", description="Kind of the networks")
    members: int = Field(5, ge=2, le=50, description="Networks that differ by their seeds")
    epochs: int = Field(40, ge=1, le=10_000, description="Passes over the measurements")
    hidden: int = Field(256, ge=4, le=8192, description="Units of the hidden layer, or of the messages of dmpnn")
    dropout: float = Field(0.25, ge=0, lt=1, description="Share of the units that is dropped in training")
    batch_size: int = Field(64, ge=2, description="Molecules per step")
    learning_rate: float = Field(1e-3, gt=0, description="Learning rate of Adam")
    seed: int = Field(0, ge=0, lt=2**31, description="Seed of all random numbers")


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
