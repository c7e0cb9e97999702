"""Similarity to given molecules."""

from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, model_validator
from rdkit import Chem

from molgan.base.errors import ConfigError
from molgan.base.settings import InputPath, OneOrMore, Settings
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

SmilesList = Annotated[list[Smiles], Field(min_length=1), OneOrMore]
"""SMILES of molecules; in YAML a list, or the text of a single one."""


class FingerprintSettings(Settings):
    """Fingerprints and how two of them are compared."""

    fingerprint: Kind = Field("ecfp", description="Kind of the fingerprint")
    counts: bool = Field(False, description="Count how often a feature occurs instead of whether it does")
    metric: Metric = Field("tanimoto", description="Similarity of two fingerprints")
    radius: int = Field(default=2, ge=0, le=6, description="Bonds from an atom; 2 is ECFP4 or FCFP4")
    bits: int = Field(default=2048, ge=64, le=65536, description="Length of the fingerprint")
    alpha: float = Field(default=0.5, ge=0, le=1, description="Tversky's weight of what only the molecule has")
    beta: float = Field(default=0.5, ge=0, le=1, description="Tversky's weight of what only the reference has")

    @model_validator(mode="after")
    def _check_counts(self) -> "FingerprintSettings":
        if self.fingerprint == "maccs" and self.counts:
            raise ValueError("MACCS keys have no counts")
        if self.metric == "tversky" and not (self.alpha or self.beta):
            raise ValueError("alpha and beta are both 0, which makes all molecules alike")
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
        smiles: SmilesList = Field(description="SMILES of the molecules to be like")
        aggregate: Literal["nearest", "mean"] = Field(
            "nearest", description="Similarity to the nearest one, or the mean over all"
        )

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
        training: InputPath = Field(description="File of the molecules that the model was trained on")
        column: str | None = Field(None, description="Name of its SMILES column; found by name when left out")
        neighbours: int = Field(default=1, ge=1, description="Nearest molecules whose mean similarity is taken")

    parameters: Parameters

    def _key(self) -> dict[str, Any]:
        stat = self.parameters.training.stat()
        return {**super()._key(), "file": [stat.st_size, stat.st_mtime_ns]}

    @cached_property
    def _references(self) -> list[Fingerprint]:
        records = read_smiles(self.parameters.training, column=self.parameters.column)
        mols = _mols(record.smiles for record in records)
        if not mols:
            raise ConfigError(f"{self.parameters.training}: no valid molecule; give the training set of the model")
        return self.parameters.fingerprints(mols)

    def _score(self, mols: list[Chem.Mol]) -> Sequence[float]:
        most = min(self.parameters.neighbours, len(self._references))
        found = (self.parameters.similarities(bits, self._references) for bits in self.parameters.fingerprints(mols))
        return [sum(sorted(values)[-most:]) / most for values in found]


def _mols(smiles: Iterable[str]) -> list[Chem.Mol]:
    molecules = (parse(text) for text in smiles)
    return [molecule.mol for molecule in molecules if molecule.mol is not None]
