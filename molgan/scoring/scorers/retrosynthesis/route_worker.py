"""A process that searches for routes: its setup is the part of `RouteSettings` that decides what is found.

A question is a canonical SMILES, answered by {"route": … or null, "expansions": …, "is_exhausted": …} or
{"error": reason}.
"""

from typing import Any

from rdkit import rdBase

from molgan.base.serve import format_error, serve
from molgan.chem.retrosynthesis.building_blocks import BuildingBlocks
from molgan.chem.retrosynthesis.route_search import RouteSearch
from molgan.chem.retrosynthesis.single_step import SingleStep
from molgan.chem.retrosynthesis.template_files import load_templates


def main() -> None:
    """Answer until stdin ends."""
    rdBase.DisableLog("rdApp.*")
    serve(lambda setup: _Answer(**setup))


class _Answer:
    """Blocks and templates, loaded."""

    def __init__(self, stock: list[str], templates: list[str], depth: int, expansions: int, buy: bool) -> None:
        blocks = BuildingBlocks.load(stock)
        step = SingleStep(load_templates(templates), blocks.__contains__)
        self._search = RouteSearch(step, blocks, depth=depth, expansions=expansions)
        self._buy = buy

    def __call__(self, smiles: str) -> dict[str, Any]:
        try:
            outcome = self._search(smiles, buy=self._buy)
        except Exception as error:
            return {"error": format_error(error)}
        route = None if outcome.route is None else outcome.route.as_dict()
        return {"route": route, "expansions": outcome.expansions, "is_exhausted": outcome.is_exhausted}


if __name__ == "__main__":
    main()
