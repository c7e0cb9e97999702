"""Similarity to given molecules."""

from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, model_validator
from rdkit import Chem

from molgan.base.errors import ConfigError
from molgan.base.settings import InputPath, Settings
from molgan.chem.molecule import parse
from molgan.chem.reading import read_smiles
from molgan.scoring.base import Scorer
from molgan.scoring.scorers.fingerprint_kinds import Fingerprint, Kind, Metric, fingerprints, similarities


def _smiles(text: str) -> str:
    if (reason := parse(text).reason) is not None:
        raise ValueError(f"{text!r} is not a molecule: {reason}")
    return text


Smiles = Annotated[str, AfterValidator(_smiles)]
"""The SMILES of a molecule."""


class FingerprintSettings(Settings):
    """`fingerprint`: its kind; `radius` 2 is ECFP4 or FCFP4. `counts`: how often a feature occurs instead of whether.

    `metric`: of two fingerprints; `alpha` and `beta` are Tversky's, the weights of what only the molecule and only the
    reference has.
    """

    fingerprint: Kind = "ecfp"
    counts: bool = False
    metric: Metric = "tanimoto"
    radius: int = Field(default=2, ge=0, le=6)
    bits: int = Field(default=2048, ge=64, le=65536)
    alpha: float = Field(default=0.5, ge=0)
    beta: float = Field(default=0.5, ge=0)

    @model_validator(mode="after")
    def _possible(self) -> "FingerprintSettings":
        if self.fingerprint == "maccs" and self.counts:
            raise ValueError("MACCS keys have no counts")
        return self

    def fingerprints(self, mols: Sequence[Chem.Mol]) -> list[Fingerprint]:
        return fingerprints(mols, self.fingerprint, counts=self.counts, radius=self.radius, bits=self.bits)

    def similarities(self, query: Fingerprint, references: list[Fingerprint]) -> list[float]:
        return similarities(query, references, self.metric, alpha=self.alpha, beta=self.beta)


class Similarity(Scorer):
    """D. Rogers and M. Hahn, J. Chem. Inf. Model. 50, 742 (2010), for ECFP."""

    name = "similarity"
    summary = "Similarity of fingerprints to given molecules"
    low, high, direction = 0.0, 1.0, "high"

    class Parameters(FingerprintSettings):
        """`smiles`: the molecules to be like. `aggregate`: similarity to the nearest one, or the mean over all."""

        smiles: list[Smiles] = Field(min_length=1)
        aggregate: Literal["nearest", "mean"] = "nearest"

    parameters: Parameters

    @cached_property
    def _references(self) -> list[Fingerprint]:
        return self.parameters.fingerprints(_mols(self.parameters.smiles))

    def _score(self, mols: list[Chem.Mol]) -> Sequence[float]:
        return [self._similarity(fingerprint) for fingerprint in self.parameters.fingerprints(mols)]

    def _similarity(self, fingerprint: Fingerprint) -> float:
        found = self.parameters.similarities(fingerprint, self._references)
        return max(found) if self.parameters.aggregate == "nearest" else sum(found) / len(found)


class ApplicabilityDomain(Scorer):
    """How far a model's training set can speak for a molecule: R. P. Sheridan et al., J. Chem. Inf. Comput. Sci. 44,
    1912 (2004)."""

    name = "applicability_domain"
    summary = "Similarity to the nearest molecules of a training set"
    low, high, direction = 0.0, 1.0, "high"

    class Parameters(FingerprintSettings):
        """`training`: a file of molecules, and the `column` of its SMILES, found by its name when left out.
        `neighbours`: the mean over how many of the nearest."""

        training: InputPath
        column: str | None = None
        neighbours: int = Field(default=1, ge=1)

    parameters: Parameters

    def _key(self) -> dict[str, Any]:
        stat = self.parameters.training.stat()
        return {**super()._key(), "file": [stat.st_size, stat.st_mtime_ns]}

    @cached_property
    def _references(self) -> list[Fingerprint]:
        records = read_smiles(self.parameters.training, column=self.parameters.column)
        mols = _mols(record.smiles for record in records)
        if not mols:
            raise ConfigError(f"{self.parameters.training}: no molecule")
        return self.parameters.fingerprints(mols)

    def _score(self, mols: list[Chem.Mol]) -> Sequence[float]:
        most = min(self.parameters.neighbours, len(self._references))
        found = (self.parameters.similarities(bits, self._references) for bits in self.parameters.fingerprints(mols))
        return [sum(sorted(values)[-most:]) / most for values in found]


def _mols(smiles: Iterable[str]) -> list[Chem.Mol]:
    molecules = (parse(text) for text in smiles)
    return [molecule.mol for molecule in molecules if molecule.mol is not None]
