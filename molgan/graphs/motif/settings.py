"""Settings of the pairs of similar molecules that a generator of analogues learns from."""

from typing import ClassVar

from pydantic import Field, model_validator

from molgan.base.settings import MoleculesPath, Settings


class PairSettings(Settings):
    """Pairs of similar molecules of the training data: with the same Murcko scaffold, or matched by a single cut."""

    miniature: ClassVar = {"held_out": []}

    lowest: float = Field(0.4, ge=0, le=1, description="Lowest Tanimoto similarity (ECFP4) of a pair")
    highest: float = Field(0.9, ge=0, le=1, description="Highest similarity of a pair")
    a_molecule: int = Field(4, ge=1, le=100, description="Most pairs of a molecule, as source or as target")
    a_scaffold: int = Field(1000, ge=1, description="Most pairs in which a Murcko scaffold occurs")
    variable: int = Field(12, ge=1, le=60, description="Most heavy atoms of what a single cut leaves to vary")
    held_out: list[MoleculesPath] = Field(
        default_factory=list,
        description="Files of molecules that no pair has, whatever their stereo: test sets, sources to measure with",
    )

    @model_validator(mode="after")
    def _check_range(self) -> "PairSettings":
        if self.lowest >= self.highest:
            raise ValueError(f"lowest: {self.lowest:g} is not below highest, {self.highest:g}")
        return self
