"""Whether a molecule can be made of what can be bought, in how many steps, and how surely."""

import math
from abc import abstractmethod
from collections.abc import Sequence
from functools import cached_property
from typing import Any

from rdkit import Chem

from molgan.chem.retrosynthesis.route import Outcome, Route
from molgan.scoring.base import Score, Scorer
from molgan.scoring.cost_class import Cost
from molgan.scoring.fast.descriptors import Descriptors
from molgan.scoring.processes.molecule_processes import Failure
from molgan.scoring.scorers.retrosynthesis.route_finder import RouteFinder, share_finder
from molgan.scoring.scorers.retrosynthesis.route_settings import RouteSettings, check_engine
from molgan.scoring.transforms import ReverseSigmoid


class RouteScorer(Scorer):
    """A scorer of the cheapest route that a search finds. A subclass overrides `_rate`."""

    costly = True
    cost = Cost.SIMULATION
    waits = True

    class Parameters(RouteSettings):
        pass

    parameters: Parameters

    def __init__(self, **parameters: Any) -> None:
        """Raises ConfigError also where the search engine is not installed."""
        super().__init__(**parameters)
        check_engine(f"scorer {self.name!r}")

    def find_routes(self, smiles: Sequence[str]) -> list[Outcome | Failure]:
        """What the search finds for molecules in canonical form, in order."""
        return self._finder.find(smiles)

    def close(self) -> None:
        self._finder.close()

    @abstractmethod
    def _rate(self, outcome: Outcome) -> Score:
        """The value of what was found."""

    def _score(self, mols: list[Chem.Mol]) -> Sequence[float]:
        return [score.value for score in self._scores([Chem.MolToSmiles(mol) for mol in mols])]

    def _score_isolated(self, molecules: list[Descriptors]) -> list[Score]:
        return self._scores([molecule.smiles for molecule in molecules])

    def _scores(self, smiles: list[str]) -> list[Score]:
        return [
            Score(math.nan, str(found)) if isinstance(found, Failure) else self._rate(found)
            for found in self.find_routes(smiles)
        ]

    def _key(self) -> dict[str, Any]:
        # The content of files counts, not their paths or the number of processes.
        return {"scorer": self.name, "version": self.version, "routes": self._finder.key}

    @cached_property
    def _finder(self) -> RouteFinder:
        return share_finder(self.parameters)


class Synthesis(RouteScorer):
    """1 where the search finds a route from building blocks to the molecule, 0 where it finds none. The note names the
    reactions. A route is found by reaction templates turned round and run forward again as a check; the search is
    Retro* (B. Chen et al., ICML 2020) of syntheseus (K. Maziarz et al., Faraday Discuss. 256, 568, 2025). See
    [Synthesis routes](synthesis.md)."""

    name = "synthesis"
    summary = "Whether a retrosynthetic search finds a route from building blocks"
    low, high, direction, boolean = 0.0, 1.0, "high", True

    def _rate(self, outcome: Outcome) -> Score:
        if outcome.route is None:
            return Score(0.0)
        return Score(1.0, None, name_reactions(outcome.route))


class SynthesisSteps(RouteScorer):
    """All reactions of the route, 0 for a building block; no value, and a reason, where there is no route."""

    name = "synthesis_steps"
    summary = "Reactions in the cheapest route that a retrosynthetic search finds"
    low, high, direction = 0.0, math.inf, "low"
    default_transform = ReverseSigmoid(low=1, high=8)

    def _rate(self, outcome: Outcome) -> Score:
        if outcome.route is None:
            return Score(math.nan, explain(outcome))
        return Score(float(len(outcome.route.steps)), None, name_reactions(outcome.route))


class SynthesisCost(RouteScorer):
    """The sum over the reactions of 1 for one that hardly ever fails to 3, and .5 for each doubt: other products,
    stereo that is not set, a precursor that reacts with itself or is unstable, a group that interferes. No value, and a
    reason, where there is no route."""

    name = "synthesis_cost"
    summary = "Reactions in the cheapest route, each with what a chemist would object"
    low, high, direction = 0.0, math.inf, "low"
    default_transform = ReverseSigmoid(low=1, high=10)

    def _rate(self, outcome: Outcome) -> Score:
        if outcome.route is None:
            return Score(math.nan, explain(outcome))
        return Score(outcome.route.cost, None, name_reactions(outcome.route))


def name_reactions(route: Route) -> str:
    """The reactions of a route in the order in which they are run."""
    return "; ".join(step.title for step in route.steps) or "in stock"


def explain(outcome: Outcome) -> str:
    """Why there is no route."""
    if outcome.is_exhausted:
        return "no route: all ways to take it apart end outside the stock"
    return f"no route in {outcome.expansions} expansions"
