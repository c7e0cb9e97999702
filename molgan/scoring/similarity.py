"""Similarity to given molecules."""

from collections.abc import Sequence
from functools import cached_property
from typing import Literal

from pydantic import Field, field_validator
from rdkit import Chem, DataStructs

from molgan.chem.fingerprints import ecfp
from molgan.chem.molecule import parse
from molgan.scoring.base import Scorer
from molgan.settings import Settings


class Similarity(Scorer):
    """D. Rogers and M. Hahn, JCIM 50, 742 (2010)."""

    name = "similarity"
    summary = "Tanimoto similarity to given molecules (ECFP)"
    low, high, direction = 0.0, 1.0, "high"

    class Parameters(Settings):
        """`smiles`: the molecules to be like. `aggregate`: similarity to the nearest one, or the mean over all.
        `radius` 2 is ECFP4."""

        smiles: list[str] = Field(min_length=1)
        aggregate: Literal["nearest", "mean"] = "nearest"
        radius: int = Field(default=2, ge=0, le=6)
        bits: int = Field(default=2048, ge=64, le=65536)

        @field_validator("smiles")
        @classmethod
        def _parse(cls, smiles: list[str]) -> list[str]:
            for text in smiles:
                if (reason := parse(text).reason) is not None:
                    raise ValueError(f"{text!r} is not a molecule: {reason}")
            return smiles

    parameters: Parameters

    @cached_property
    def _references(self) -> list[DataStructs.ExplicitBitVect]:
        molecules = [parse(text) for text in self.parameters.smiles]
        return self._fingerprints([molecule.mol for molecule in molecules if molecule.mol is not None])

    def _score(self, mols: list[Chem.Mol]) -> Sequence[float]:
        return [self._similarity(fingerprint) for fingerprint in self._fingerprints(mols)]

    def _fingerprints(self, mols: list[Chem.Mol]) -> list[DataStructs.ExplicitBitVect]:
        return ecfp(mols, self.parameters.radius, self.parameters.bits)

    def _similarity(self, fingerprint: DataStructs.ExplicitBitVect) -> float:
        similarities = DataStructs.BulkTanimotoSimilarity(fingerprint, self._references)
        if self.parameters.aggregate == "nearest":
            return float(max(similarities))
        return float(sum(similarities) / len(similarities))
