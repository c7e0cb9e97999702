"""Scores: a threshold on a column of the score table, or the best few by it."""

from collections.abc import Sequence

import numpy as np
from pydantic import Field, model_validator

from molgan.base.settings import Settings
from molgan.chem.molecule import Molecule
from molgan.filters.filter import Floats, ScoredFilter, Verdict, WholeFilter, decide
from molgan.filters.limits import Range

REALISM = "realism"
"""The column of the critic's probability that a molecule is real, or of the scorer of that name."""


class ScoreThreshold(ScoredFilter):
    name = "score"
    summary = "A column of the score table within limits"

    class Parameters(Settings):
        column: str = Field(
            "score",
            description="Column of scores: `score` is the total, `qed` a raw value, `qed_score` a transformed one",
        )
        min: float | None = Field(default=None, description="Smallest value, included")
        max: float | None = Field(default=None, description="Largest value, included")

        @model_validator(mode="after")
        def _check_order(self) -> "ScoreThreshold.Parameters":
            Range(min=self.min, max=self.max)
            return self

    parameters: Parameters

    @property
    def column(self) -> str | None:
        return self.parameters.column

    def _accept_scored(self, molecules: Sequence[Molecule], values: Floats) -> Verdict:
        span = Range(min=self.parameters.min, max=self.parameters.max)
        column = self.parameters.column
        reasons = [
            f"no {column}: not scored" if value != value else span.find_violation(column, value)
            for value in values.tolist()
        ]
        return decide(reasons)


class Realism(ScoredFilter):
    """In a campaign with the section `adversarial` it is the probability by the critic that is trained there;
    `molgan check` and `molgan filter`, which have none, pass over it. In others it is the scorer `realism` of the
    objective, a percentile among real molecules, of which `min: 0.01` keeps 99 of 100."""

    name = "realism"
    summary = "How real a molecule looks, by the campaign's critic or the scorer `realism`, at least a limit"

    class Parameters(Settings):
        min: float = Field(default=0.5, gt=0, lt=1, description="Probability, or percentile, from which on it is kept")

    parameters: Parameters

    @property
    def column(self) -> str | None:
        return REALISM

    def _accept_scored(self, molecules: Sequence[Molecule], values: Floats) -> Verdict:
        least = self.parameters.min
        reasons = [
            "no realism: not judged by the critic"
            if value != value
            else f"realism below {least:g}: {value:.4g}"
            if value < least
            else None
            for value in values.tolist()
        ]
        return decide(reasons)


class Best(WholeFilter):
    name = "best"
    summary = "The n best by a column of the score table"

    class Parameters(Settings):
        n: int = Field(ge=1, description="Molecules to keep; among equals the earlier ones")
        column: str = Field("score", description="Column of scores; high is good unless `lowest`")
        lowest: bool = Field(False, description="Keep the molecules with the lowest values")

    parameters: Parameters

    @property
    def column(self) -> str | None:
        return self.parameters.column

    def select(self, features: Sequence[bytes], values: Floats, smiles: Sequence[str]) -> Verdict:
        n, column = self.parameters.n, self.parameters.column
        best = sort_best_first(-values if self.parameters.lowest else values)[:n]
        kept = np.zeros(len(values), np.bool_)
        kept[best] = ~np.isnan(values[best])
        reasons = [
            None if keep else f"no {column}: not scored" if value != value else f"not among the {n} best: {value:.4g}"
            for keep, value in zip(kept, values.tolist(), strict=True)
        ]
        return kept, reasons


def sort_best_first(values: Floats) -> np.ndarray:
    """The order of descending values [n]: the earlier first among equals, NaN last."""
    return np.argsort(-values, kind="stable")
