"""molgan as a generator of the GuacaMol benchmarks (N. Brown et al., J. Chem. Inf. Model. 59, 1096 (2019)).

The benchmarks need no base class, so that the package need not be installed to import this. Its requirements are old:
`pip install --no-deps guacamol`.

    from guacamol.assess_goal_directed_generation import assess_goal_directed_generation
    from molgan.benchmarks.guacamol import GoalDirected

    assess_goal_directed_generation(GoalDirected(budget=10_000), json_output_file="results.json")
"""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from molgan.base.default_weights import DEFAULT_WEIGHTS
from molgan.base.progress import Progress


class ScoringFunction(Protocol):
    """The scoring function of GuacaMol: a score of 0 to 1 for each SMILES, the lowest for a failure."""

    def score_list(self, smiles_list: list[str]) -> list[float]: ...


class GoalDirected:
    """GuacaMol's GoalDirectedGenerator: `budget` distinct molecules for each benchmark, with the same settings."""

    def __init__(
        self,
        budget: int = 10_000,
        *,
        seed: int = 0,
        weights: str | Path = DEFAULT_WEIGHTS,
        settings: Mapping[str, Any] | None = None,
        progress: Progress | None = None,
    ) -> None:
        """
        Args:
            budget: The most distinct molecules to score for each benchmark.
            seed: Seed of the random numbers.
            weights: The prior: shipped weights by their name, or the folder that a training wrote.
            settings: Fields of `OptimizeSettings`.
            progress: Shows the progress.
        """
        self.budget = budget
        self.seed = seed
        self.weights = weights
        self.settings = settings
        self.progress = progress

    def generate_optimized_molecules(
        self,
        scoring_function: ScoringFunction,
        number_molecules: int,
        starting_population: Sequence[str] | None = None,
    ) -> list[str]:
        """The best `number_molecules` SMILES found, best first; fewer where the budget is smaller."""
        from molgan.training.design.optimize_table import optimize_table

        def oracle(smiles: list[str]) -> list[float]:
            # GuacaMol returns -1 for a molecule that it cannot score.
            return [score if score >= 0 else math.nan for score in scoring_function.score_list(smiles)]

        table = optimize_table(
            oracle,
            max(self.budget, number_molecules),
            seed=self.seed,
            start=list(starting_population or ()),
            weights=self.weights,
            settings=self.settings,
            progress=self.progress,
        )
        scored = table.dropna(subset="score").sort_values("score", ascending=False, kind="stable")
        return list(scored["smiles"].head(number_molecules))


class DistributionMatching:
    """GuacaMol's DistributionMatchingGenerator: draws of the generator; a second call draws new ones."""

    def __init__(self, *, seed: int = 0, weights: str | Path = DEFAULT_WEIGHTS) -> None:
        self.seed = seed
        self.weights = weights

    def generate(self, number_samples: int) -> list[str]:
        """Canonical SMILES of `number_samples` molecules; an empty text, which GuacaMol counts as invalid, for an
        invalid graph of a one-shot generator."""
        from molgan.api_generators import sample

        drawn = sample(number_samples, seed=self.seed, weights=self.weights)
        self.seed += 1
        return [smiles or "" for smiles in drawn]
