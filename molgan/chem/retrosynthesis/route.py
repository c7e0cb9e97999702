"""A synthesis route: the reactions in the order in which a chemist would run them, and what is bought for it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Step:
    """One reaction. `smiles` as reaction SMILES, `template` and `title` name it, `doubts` are what a chemist would
    object, each in a few words."""

    smiles: str
    template: str
    title: str
    cost: float
    doubts: tuple[str, ...]

    @property
    def precursors(self) -> list[str]:
        return self.smiles.partition(">>")[0].split(".")

    @property
    def product(self) -> str:
        return self.smiles.partition(">>")[2]


@dataclass(frozen=True, slots=True)
class Purchase:
    """A building block of a route: canonical SMILES, and the number that it is bought by."""

    smiles: str
    number: str


@dataclass(frozen=True, slots=True)
class Route:
    """`steps` ends with the reaction that gives the molecule; none where it is a building block itself. `blocks`: what
    is bought, in order of first use. `depth`: reactions in the longest line from a block to the molecule."""

    smiles: str
    steps: tuple[Step, ...]
    blocks: tuple[Purchase, ...]
    depth: int

    @property
    def cost(self) -> float:
        """The sum of the steps' costs."""
        return sum(step.cost for step in self.steps)

    def as_dict(self) -> dict[str, Any]:
        """The route as JSON values."""
        return {
            "smiles": self.smiles,
            "steps": [asdict(step) for step in self.steps],
            "blocks": [asdict(block) for block in self.blocks],
            "depth": self.depth,
            "cost": self.cost,
        }

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> "Route":
        """What `as_dict` gave. Raises KeyError or TypeError for anything else."""
        return cls(
            smiles=content["smiles"],
            steps=tuple(Step(**{**step, "doubts": tuple(step["doubts"])}) for step in content["steps"]),
            blocks=tuple(Purchase(**block) for block in content["blocks"]),
            depth=content["depth"],
        )


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a search found: the cheapest route, None where it found none, after expanding so many molecules.
    `is_exhausted`: whether nothing was left to expand, so that there is no route to that depth at all."""

    route: Route | None
    expansions: int
    is_exhausted: bool = False
