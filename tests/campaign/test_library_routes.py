"""A campaign that searches for routes leaves those of its best molecules, and its report draws them."""

import json
from pathlib import Path

import pandas as pd
import pytest

from molgan.campaign.stages.library_routes import find_route_settings, write_routes
from molgan.chem.retrosynthesis.route import Outcome, Purchase, Route, Step
from molgan.config import CampaignConfig, load_config
from molgan.scoring.processes.molecule_processes import Failure
from molgan.scoring.scorers.retrosynthesis.route_finder import RouteFinder

pytest.importorskip("syntheseus")

QUICKSTART = Path(__file__).parents[2] / "configs" / "quickstart.yaml"
LIBRARY = pd.DataFrame({"id": ["MG-b", "MG-x", "MG-a"], "smiles": ["CNC(C)=O", "C1CC1", "CC.O"]})
STEP = Step("CC(=O)O.CN>>CNC(C)=O", "amide", "amide coupling", 1.5, ("2 products are possible",))
ROUTE = Route("CNC(C)=O", (STEP,), (Purchase("CC(=O)O", "34"), Purchase("CN", "1")), 1)


def config(**changes: object) -> CampaignConfig:
    return load_config(QUICKSTART, [f"{key}={json.dumps(value)}" for key, value in changes.items()])


def find(self: RouteFinder, smiles: list[str]) -> list[Outcome | Failure]:
    known = {"CNC(C)=O": Outcome(ROUTE, 3), "C1CC1": Outcome(None, 9)}
    return [known.get(text, Failure("more than one molecule")) for text in smiles]


def test_the_routes_of_the_library_are_written_in_its_order_with_reasons(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(RouteFinder, "find", find)
    component = {"scorer": "synthesis", "parameters": {"depth": 3}}
    asking = config(**{"objective.components": [{"scorer": "qed"}, component]})
    write_routes(LIBRARY, asking, tmp_path)
    found = json.loads((tmp_path / "routes.json").read_text())
    assert [each["id"] for each in found] == ["MG-b", "MG-x", "MG-a"]
    assert Route.from_dict(found[0]["route"]) == ROUTE
    assert [each["reason"] for each in found] == [None, "no route in 9 expansions", "more than one molecule"]

    write_routes(LIBRARY, config(), tmp_path)
    assert not (tmp_path / "routes.json").exists()


def test_the_settings_are_those_of_the_component_or_else_of_the_filter() -> None:
    assert find_route_settings(config()) is None
    stages = [{"filter": "synthesis", "depth": 4}]
    filtering = find_route_settings(config(**{"filters": stages}))
    assert filtering is not None and filtering.depth == 4
    component = {"scorer": "synthesis_cost", "parameters": {"depth": 2}}
    both = config(**{"filters": stages, "objective.components": [{"scorer": "qed"}, component]})
    assert find_route_settings(both).depth == 2  # type: ignore[union-attr]
