"""Settings of synthetic molecules and of the comparison that decides whether they help."""

from typing import Literal

from pydantic import Field

from molgan.base.settings import Settings
from molgan.models.qsar.settings import QSARTraining

Source = Literal["auto", "genetic", "samples", "tuned", "analogues"]
Label = Literal["neighbour", "teacher"]


class AugmentSettings(Settings):
    """What synthetic molecules are made of, how they get labels, and how they are tested."""

    source: Source = Field(
        "auto",
        description="Where molecules come from: genetic moves on measured ones, samples of a prior that aim at their "
        "properties, a prior tuned on them, or analogues by weights that read a molecule; auto takes analogues where "
        "there are such weights, else genetic moves",
    )
    weights: str | None = Field(
        None, description="Shipped weights by name, or a folder of `molgan train`; those that the source needs"
    )
    number: int | None = Field(
        None,
        ge=1,
        description="Synthetic molecules; four for each of the rare class, or one for each measured molecule",
    )
    draws: int = Field(20, ge=1, description="Most molecules drawn for each that is wanted")
    label: Label = Field("neighbour", description="Evidence for a label: the nearest measured molecule, or a teacher")
    similarity: float = Field(
        0.6, gt=0, lt=1, description="Least Tanimoto similarity (ECFP4) to the measured molecule that gives the label"
    )
    most_uncertain: float | None = Field(
        None,
        gt=0,
        description="Largest expected error of a label; .3 for classes, half the standard deviation for numbers",
    )
    unlabelled: bool = Field(False, description="Write molecules whose evidence is too weak, too, without a label")
    model: Literal["forest", "boosting"] = Field("forest", description="Kind of the models that are compared")
    trees: int = Field(100, ge=2, le=5000, description="Trees of a forest")
    rounds: int = Field(200, ge=2, le=5000, description="Trees of a boosted model, one after the other")
    seeds: int = Field(5, ge=1, le=100, description="How often the scaffolds are split anew")
    folds: int = Field(5, ge=2, le=20, description="Parts of a split by scaffold, each of which is held out once")
    seed: int = Field(0, ge=0, lt=2**31, description="Seed of all random numbers")
    misuse_filter: bool = Field(True, description="Leave out what the filter `misuse` rejects")

    def training(self, seed: int) -> QSARTraining:
        """The settings of a model with a seed."""
        return QSARTraining(kind=self.model, members=2, trees=self.trees, rounds=self.rounds, seed=seed)
