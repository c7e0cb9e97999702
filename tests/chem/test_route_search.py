"""The search for routes, on reactions and blocks that are few enough to know the answer."""

import json
import os
import subprocess
import sys

import pytest

pytest.importorskip("syntheseus")

from molgan.chem.retrosynthesis.building_blocks import Block, BuildingBlocks
from molgan.chem.retrosynthesis.reaction_template import ReactionTemplate
from molgan.chem.retrosynthesis.route import Outcome, Route
from molgan.chem.retrosynthesis.route_search import RouteSearch
from molgan.chem.retrosynthesis.single_step import SingleStep

AMIDE = "[C:1](=[O:2])[OH].[NX3;H1,H2;$(N[#6]);!$(NC=O):3]>>[C:1](=[O:2])[N:3]"
NITRO = "[#6:1][N+](=O)[O-]>>[#6:1][NH2]"
ESTER = "[C:1](=[O:2])O[CH3]>>[C:1](=[O:2])[OH]"
BLOCKS = ("COC(=O)c1ccccc1", "O=[N+]([O-])c1ccc(Br)cc1", "CN", "OC(=O)c1ccc([N+](=O)[O-])cc1")
TARGET = "O=C(Nc1ccc(Br)cc1)c1ccccc1"


def search(
    smiles: str = TARGET, blocks: tuple[str, ...] = BLOCKS, *, depth: int = 3, expansions: int = 50, **costs: float
) -> Outcome:
    templates = [
        ReactionTemplate(name, smarts, cost=costs.get(name, 1.0))
        for name, smarts in {"amide": AMIDE, "nitro": NITRO, "ester": ESTER}.items()
    ]
    from rdkit import Chem

    stock = BuildingBlocks(Block(Chem.CanonSmiles(block), f"B{n}") for n, block in enumerate(blocks))
    step = SingleStep(templates, stock.__contains__)
    return RouteSearch(step, stock, depth=depth, expansions=expansions)(Chem.CanonSmiles(smiles), buy=True)


def test_a_route_has_its_reactions_in_the_order_in_which_they_are_run_and_what_is_bought() -> None:
    route = search().route
    assert route is not None and route.cost == 3 and route.depth == 2
    assert sorted(step.template for step in route.steps[:2]) == ["ester", "nitro"]
    assert route.steps[2].template == "amide" and route.steps[2].product == TARGET
    assert {(block.smiles, block.number) for block in route.blocks} == {
        ("COC(=O)c1ccccc1", "B0"),
        ("O=[N+]([O-])c1ccc(Br)cc1", "B1"),
    }
    made = {block.smiles for block in route.blocks}
    for step in route.steps:
        assert made.issuperset(step.precursors)
        made.add(step.product)


def test_a_route_is_the_same_as_json() -> None:
    route = search().route
    assert route is not None
    assert Route.from_dict(json.loads(json.dumps(route.as_dict()))) == route


def test_the_cheapest_of_several_routes_is_taken() -> None:
    blocks = (*BLOCKS, "Nc1ccc(Br)cc1", "OC(=O)c1ccccc1")
    route = search(blocks=blocks).route
    assert route is not None and [step.template for step in route.steps] == ["amide"]
    dear = search(blocks=(*BLOCKS, "O=C(Nc1ccc([N+](=O)[O-])cc1)c1ccccc1"), smiles="O=C(Nc1ccc(N)cc1)c1ccccc1")
    assert dear.route is not None and [step.template for step in dear.route.steps] == ["nitro"]


def test_what_is_in_stock_needs_no_step() -> None:
    outcome = search("NC")
    assert outcome.route is not None and outcome.route.steps == () and outcome.expansions == 0
    assert [block.number for block in outcome.route.blocks] == ["B2"]


def test_no_route_is_deeper_than_the_limit() -> None:
    assert search(depth=2).route is not None
    shallow = search(depth=1)
    assert shallow.route is None and shallow.is_exhausted


def test_a_search_ends_after_a_number_of_expansions_or_when_nothing_is_left() -> None:
    short = search(expansions=1)
    assert (short.route, short.expansions, short.is_exhausted) == (None, 1, False)
    empty = search("C1CC1")
    assert (empty.route, empty.expansions, empty.is_exhausted) == (None, 1, True)


def test_more_expansions_never_make_a_route_dearer() -> None:
    blocks = ("Cc1ccccc1C(=O)O", "CNc1ccc(N)cc1C(=O)OC", "COC(=O)c1ccccc1C", "CNc1ccc([N+](=O)[O-])cc1C(=O)OC")
    found = [search("CN(C(=O)c1ccccc1C)c1ccc(N)cc1C(=O)NC", (*blocks, "CN"), expansions=n) for n in (2, 5, 20, 100)]
    costs = [outcome.route.cost for outcome in found if outcome.route is not None]
    assert costs and costs == sorted(costs, reverse=True)


SCRIPT = """
import json, sys
sys.path[:0] = json.loads(sys.argv[1])
from molgan.chem.retrosynthesis.building_blocks import BuildingBlocks
from molgan.chem.retrosynthesis.route_search import RouteSearch
from molgan.chem.retrosynthesis.single_step import SingleStep
from molgan.chem.retrosynthesis.template_files import SHIPPED, load_templates
blocks = BuildingBlocks.load(["reagents"])
step = SingleStep(load_templates(list(SHIPPED)), blocks.__contains__)
outcome = RouteSearch(step, blocks, depth=4, expansions=8)("CC(=O)OCCOc1ccccc1C(=O)c1ccccc1")
print(outcome.expansions, json.dumps(outcome.route and outcome.route.as_dict()), step._known.keys())
"""


@pytest.mark.slow
def test_a_molecule_has_the_same_route_whatever_the_order_of_sets() -> None:
    told = set()
    for seed in ("1", "2", "3"):
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        command = [sys.executable, "-c", SCRIPT, json.dumps([path for path in sys.path if path])]
        told.add(subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout)
    assert len(told) == 1
