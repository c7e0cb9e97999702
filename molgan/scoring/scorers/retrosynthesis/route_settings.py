"""What a search for synthesis routes may use, and how long it may look."""

from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field, ValidationInfo

from molgan.base.errors import ConfigError
from molgan.base.settings import OneOrMore, Settings
from molgan.chem.retrosynthesis.building_blocks import find_stock
from molgan.chem.retrosynthesis.template_files import find_templates


def _locate(find: Callable[[str, Path | None], str]) -> Callable[[Sequence[str], ValidationInfo], list[str]]:
    def locate(names: Sequence[str], info: ValidationInfo) -> list[str]:
        folder = (info.context or {}).get("folder")
        try:
            return [find(name, folder) for name in names]
        except ConfigError as error:
            raise ValueError(str(error)) from None

    return locate


Stocks = Annotated[list[str], Field(min_length=1), OneOrMore, AfterValidator(_locate(find_stock))]
"""Stocks by name, and files of molecules."""

TemplateSets = Annotated[list[str], Field(min_length=1), OneOrMore, AfterValidator(_locate(find_templates))]
"""Sets of reaction templates by name, and files."""


class RouteSettings(Settings):
    """The result does not depend on how fast a machine is, as long as `timeout` is not reached."""

    stock: Stocks = Field(
        ["enamine", "reagents"],
        description="What can be bought: `enamine` (137,000 building blocks), `reagents` (simple ones), and your own "
        "files of molecules, with an id in a column called id, name or the like",
    )
    templates: TemplateSets = Field(
        ["hartenfeller_button", "synformer", "interconversions"],
        description="Reactions: `hartenfeller_button` (91), `synformer` (115), `interconversions` (47), and your own "
        "files of reaction SMARTS, reactants on the left, one a line with a name behind it, or a CSV table with the "
        "columns smarts, name, title, cost and clash",
    )
    depth: int = Field(5, ge=1, le=12, description="Most reactions in the longest line from a block to the molecule")
    expansions: int = Field(
        100, ge=1, le=100_000, description="Molecules that may be taken apart in the search for one route"
    )
    timeout: float = Field(
        300.0,
        gt=0,
        description="Seconds that a molecule may take before it is given up, with no value; the search ends by "
        "`expansions` long before on any usual machine",
    )
    processes: int | None = Field(
        None, ge=1, description="Processes that search, all cores by default; give 1 where Ray's workers score"
    )


def check_engine(what: str) -> None:
    """Raises ConfigError where the search engine is not installed; `what` needs it."""
    if find_spec("syntheseus") is None:
        raise ConfigError(f"{what} needs syntheseus: pip install 'molgan[synthesis]'")
