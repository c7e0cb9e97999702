"""Writes the synthesis routes of the best molecules of a library, where a campaign asks for routes."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

from molgan.base.files import write_files
from molgan.config import CampaignConfig
from molgan.filters.registry import get_filter
from molgan.filters.stages.synthesis_filters import SynthesisFilter
from molgan.scoring.processes.molecule_processes import Failure
from molgan.scoring.registry import get_scorer
from molgan.scoring.scorers.retrosynthesis.route_finder import share_finder
from molgan.scoring.scorers.retrosynthesis.route_settings import RouteSettings
from molgan.scoring.scorers.retrosynthesis.synthesis_scorer import RouteScorer, explain

if TYPE_CHECKING:
    import pandas

FILE = "routes.json"
_SHOWN = 20


def write_routes(table: "pandas.DataFrame", config: CampaignConfig, folder: Path) -> None:
    """Write `folder`/routes.json with the routes of the first 20 molecules of the library, best first.

    `table` is the library with its `id` and `smiles`. The settings are those of the first component of the objective
    that searches for routes, or of the first such filter; without one no file is written.
    """
    (folder / FILE).unlink(missing_ok=True)
    settings = find_route_settings(config)
    if settings is None:
        return
    best = table.head(_SHOWN)
    found = share_finder(settings).find([str(text) for text in best["smiles"]])
    entries = [
        {
            "id": identifier,
            "smiles": smiles,
            "route": None if isinstance(each, Failure) or each.route is None else each.route.as_dict(),
            "reason": str(each) if isinstance(each, Failure) else None if each.route is not None else explain(each),
        }
        for identifier, smiles, each in zip(best["id"], best["smiles"], found, strict=True)
    ]
    write_files(folder, {FILE: [json.dumps(entries, indent=1).encode()]})


def find_route_settings(config: CampaignConfig) -> RouteSettings | None:
    """The settings by which a campaign searches for routes; None where it does not."""
    for component in config.objective.components:
        scorer = get_scorer(component.scorer, **component.parameters)
        if isinstance(scorer, RouteScorer):
            return scorer.parameters
    for stage in config.filters.stages:
        judge = get_filter(stage.filter, **stage.parameters)
        if isinstance(judge, SynthesisFilter):
            return judge.parameters
    return None
