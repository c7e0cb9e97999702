"""The search for a route: Retro* of syntheseus (extra `synthesis`), with templates as the single-step model.

B. Chen et al., ICML 2020; K. Maziarz et al., Faraday Discuss. 256, 568 (2025). A search ends when the route that it has
is the cheapest by its own estimates, when nothing is left, or after a number of expansions: never by a clock, and ties
are broken by the molecules' names, so that the same molecule has the same route on every machine.
"""

import hashlib
import math
import re
from collections.abc import Sequence
from typing import Any

from syntheseus.interface.bag import Bag
from syntheseus.interface.models import BackwardReactionModel
from syntheseus.interface.molecule import Molecule
from syntheseus.interface.reaction import SingleProductReaction
from syntheseus.search.algorithms.best_first.retro_star import RetroStarSearch
from syntheseus.search.graph.and_or import AndNode, AndOrGraph, OrNode
from syntheseus.search.mol_inventory import BaseMolInventory
from syntheseus.search.node_evaluation.base import NoCacheNodeEvaluator

from molgan.chem.retrosynthesis.building_blocks import BuildingBlocks
from molgan.chem.retrosynthesis.disconnection import Disconnection
from molgan.chem.retrosynthesis.route import Outcome, Purchase, Route, Step
from molgan.chem.retrosynthesis.single_step import SingleStep

_TINY = 1e-6
_MOST_REPEATS = 10  # a molecule may stand in many places of the tree, and costs an expansion once
_FOUND = "molgan_disconnection"
_ATOM = re.compile(r"\[[^\]]*\]|Br|Cl|[BCNOPSFIbcnops]")


class RouteSearch:
    """Searches for the cheapest route from building blocks to a molecule."""

    def __init__(self, step: SingleStep, blocks: BuildingBlocks, *, depth: int, expansions: int) -> None:
        """`depth`: most reactions in a line; `expansions`: most molecules that are taken apart."""
        self._model = _Templates(step)
        self._stock = _Stock(blocks)
        self._blocks = blocks
        self._depth = depth
        self._expansions = expansions

    def __call__(self, smiles: str, *, buy: bool = True) -> Outcome:
        """The route of a molecule in canonical form. `buy`: whether the molecule itself may be a building block."""
        if buy and (number := self._blocks.find(smiles)) is not None:
            return Outcome(Route(smiles, (), (Purchase(smiles, number),), 0), 0)
        search = _Search(
            reaction_model=self._model,
            mol_inventory=self._stock,
            and_node_cost_fn=_StepCost(),
            value_function=_Estimate(),
            limit_reaction_model_calls=self._expansions,
            limit_iterations=_MOST_REPEATS * self._expansions,
            max_expansion_depth=2 * self._depth,
            prevent_repeat_mol_in_trees=True,
        )
        search.reset()
        self._stock.target = smiles
        graph, iterations = search.run_from_mol(_make_molecule(smiles))
        spent = int(self._model.num_calls())
        if not graph.root_node.has_solution:
            is_exhausted = spent < self._expansions and iterations < _MOST_REPEATS * self._expansions - 1
            return Outcome(None, spent, is_exhausted)
        return Outcome(self._read_route(graph, smiles), spent)

    def _read_route(self, graph: AndOrGraph, smiles: str) -> Route:
        steps: dict[str, Step] = {}
        bought: dict[str, None] = {}

        def follow(node: OrNode) -> int:
            made = [child for child in graph.successors(node) if child.data["retro_star_min_cost"] < math.inf]
            if not made:
                bought[node.mol.smiles] = None
                return 0
            best = min(made, key=lambda child: child.data["retro_star_min_cost"])
            step = _describe_step(best.reaction)
            below = {child.mol.smiles: child for child in graph.successors(best)}
            depth = 1 + max(follow(below[each]) for each in step.precursors)
            steps.setdefault(step.smiles, step)
            return depth

        depth = follow(graph.root_node)
        blocks = tuple(Purchase(each, self._blocks.find(each) or "") for each in bought)
        return Route(smiles, tuple(steps.values()), blocks, depth)


def _describe_step(reaction: SingleProductReaction) -> Step:
    found: Disconnection = reaction.metadata[_FOUND]
    return Step(
        smiles=f"{'.'.join(found.precursors)}>>{reaction.product.smiles}",
        template=found.template.name,
        title=found.template.title,
        cost=found.cost,
        doubts=found.doubts,
    )


def _make_molecule(smiles: str) -> Molecule:
    return Molecule(smiles, canonicalize=False, make_rdkit_mol=False)


class _Templates(BackwardReactionModel):
    def __init__(self, step: SingleStep) -> None:
        super().__init__(use_cache=True)
        self._step = step

    def _get_reactions(self, inputs: list[Molecule], num_results: int) -> list[Sequence[SingleProductReaction]]:
        return [[_make_reaction(each, mol) for each in self._step(mol.smiles)] for mol in inputs]


def _make_reaction(found: Disconnection, product: Molecule) -> SingleProductReaction:
    metadata: dict[str, Any] = {_FOUND: found}
    reactants = Bag(_make_molecule(each) for each in found.precursors)
    return SingleProductReaction(
        reactants=reactants, product=product, identifier=found.template.name, metadata=metadata
    )


class _Stock(BaseMolInventory):
    """The blocks without the molecule that is searched for."""

    def __init__(self, blocks: BuildingBlocks) -> None:
        self._blocks = blocks
        self.target = ""

    def is_purchasable(self, mol: Molecule) -> bool:
        return mol.smiles != self.target and mol.smiles in self._blocks


class _StepCost(NoCacheNodeEvaluator[AndNode]):
    def _evaluate_nodes(self, nodes: Sequence[AndNode], graph: AndOrGraph | None = None) -> list[float]:
        return [node.reaction.metadata[_FOUND].cost for node in nodes]


class _Estimate(NoCacheNodeEvaluator[OrNode]):
    """What a molecule costs that is not expanded yet and not in stock."""

    def _evaluate_nodes(self, nodes: Sequence[OrNode], graph: AndOrGraph | None = None) -> list[float]:
        return [estimate_cost(node.mol.smiles) for node in nodes]


def estimate_cost(smiles: str) -> float:
    """A guess of the cost of a molecule from its size alone: a reaction, and a quarter for each atom beyond twelve.

    A higher guess finds routes sooner, and dearer ones.
    """
    return 1 + max(0, len(_ATOM.findall(smiles)) - 12) / 4


class _Search(RetroStarSearch):
    def priority_function(self, node: OrNode, graph: Any) -> float:
        """The cost of the cheapest route through a molecule, and a very small number that no other molecule has."""
        return float(node.data["retro_star_value"]) + _TINY * _find_order(node, graph)

    def should_stop_search(self, graph: AndOrGraph) -> bool:
        """Also where the route that there is cannot be improved, by the estimates."""
        root = graph.root_node.data
        done = graph.root_node.has_solution and (
            root["retro_star_min_cost"] <= root["retro_star_reaction_number"] + _TINY
        )
        return done or bool(super().should_stop_search(graph))


def _find_order(node: OrNode, graph: AndOrGraph) -> float:
    """A number from 0 to 1 made of the path from the target to a molecule."""
    if "molgan_order" not in node.data:
        path = [node.mol.smiles]
        current: Any = node
        while parents := list(graph.predecessors(current)):
            current = parents[0]
            if isinstance(current, AndNode):
                path.append(current.reaction.identifier + current.reaction.reactants_str)
        digest = hashlib.blake2b("\n".join(path).encode(), digest_size=6).digest()
        node.data["molgan_order"] = int.from_bytes(digest) / 2**48
    return float(node.data["molgan_order"])
