"""Synthesis: molecules that a retrosynthetic search can make, and molecules that can be bought as they are."""

from collections.abc import Sequence
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, ValidationInfo

from molgan.base.errors import ConfigError
from molgan.base.nearest import suggest
from molgan.base.settings import Settings, find_existing
from molgan.chem.molecule import Molecule
from molgan.chem.retrosynthesis.building_blocks import BuildingBlocks
from molgan.chem.retrosynthesis.route import Outcome
from molgan.filters.filter import Filter, Verdict, decide
from molgan.scoring.processes.molecule_processes import Failure
from molgan.scoring.scorers.retrosynthesis.route_finder import share_finder
from molgan.scoring.scorers.retrosynthesis.route_settings import RouteSettings, Stocks, check_engine
from molgan.scoring.scorers.retrosynthesis.synthesis_scorer import explain

_CATALOGUES = ("zinc-instock-mini", "zinc-instock", "zinc20", "surechembl")
_SUFFIX = ".bloom"


class SynthesisFilter(Filter):
    """Keeps molecules for which the search of the scorer [`synthesis`](scorers_synthesis.md#synthesis) finds a route.
    Shares its settings, its processes and what it has found."""

    name = "synthesis"
    summary = "A retrosynthetic search finds a route from building blocks"
    costly = True

    class Parameters(RouteSettings):
        most_steps: int | None = Field(None, ge=0, description="Most reactions of the route; any number by default")
        most_cost: float | None = Field(None, ge=0, description="Most that the route costs, as `synthesis_cost` has it")

    parameters: Parameters

    def __init__(self, **parameters: Any) -> None:
        """Raises ConfigError also where the search engine is not installed."""
        super().__init__(**parameters)
        check_engine(f"filter {self.name!r}")

    def find_delay(self, molecule: Molecule) -> str | None:
        return None  # the search has processes and a time limit of its own

    def _accept(self, molecules: Sequence[Molecule]) -> Verdict:
        found = share_finder(self.parameters).find([str(molecule.smiles) for molecule in molecules])
        return decide([self._judge_outcome(each) for each in found])

    def _judge_outcome(self, found: Outcome | Failure) -> str | None:
        if isinstance(found, Failure):
            return f"error: {found}"
        if found.route is None:
            return explain(found)
        steps, cost, chosen = len(found.route.steps), found.route.cost, self.parameters
        if chosen.most_steps is not None and steps > chosen.most_steps:
            return f"steps above {chosen.most_steps}: {steps}"
        if chosen.most_cost is not None and cost > chosen.most_cost:
            return f"cost above {chosen.most_cost:g}: {cost:g}"
        return None


def _locate_catalogue(catalogue: str | None, info: ValidationInfo) -> str | None:
    if catalogue is None or catalogue in _CATALOGUES:
        return catalogue
    if catalogue.endswith(_SUFFIX):
        return str(find_existing(Path(catalogue), info))
    raise ValueError(f"no catalogue {catalogue!r}, {suggest(catalogue, _CATALOGUES)}; or a file of molbloom (.bloom)")


class InStock(Filter):
    """Stocks are compared by canonical SMILES; a molecule without stereo is in stock as any stereoisomer. A catalogue
    is a Bloom filter of molbloom (J. Medina and A. D. White, J. Cheminform. 15, 95, 2023), which takes some molecules
    for known that are not: `zinc-instock-mini`, which comes with molbloom, 7% of them. The others are downloaded by
    molbloom once (`python -c "import molbloom; molbloom.buy('C', catalog='zinc-instock')"`), never by molgan."""

    name = "in_stock"
    summary = "Can be bought as it is, or cannot"

    class Parameters(Settings):
        stock: Stocks = Field(
            ["enamine", "reagents"], description="Stocks by name, `enamine` or `reagents`, and files of molecules"
        )
        catalogue: Annotated[str | None, AfterValidator(_locate_catalogue)] = Field(
            None,
            description="Catalogue of molbloom beside the stocks: zinc-instock-mini, zinc-instock, zinc20, surechembl, "
            "or a .bloom file",
        )
        keep: Literal["in", "out"] = Field("in", description="Which molecules are kept: those in stock, or the others")

    parameters: Parameters

    def __init__(self, **parameters: Any) -> None:
        """Raises ConfigError also for a catalogue that is not on this machine."""
        super().__init__(**parameters)
        if self.parameters.catalogue is not None:
            self._catalogue_file  # noqa: B018  told before any work

    @cached_property
    def _blocks(self) -> BuildingBlocks:
        return BuildingBlocks.load(self.parameters.stock)

    @cached_property
    def _catalogue_file(self) -> Path:
        chosen = str(self.parameters.catalogue)
        if find_spec("molbloom") is None:
            raise ConfigError("filter 'in_stock' with a catalogue needs molbloom: pip install 'molgan[synthesis]'")
        import molbloom

        places = {
            "zinc-instock-mini": Path(str(molbloom.__file__)).parent / "data" / f"{chosen}{_SUFFIX}",
        }
        path = places.get(chosen, Path(chosen))
        if chosen in _CATALOGUES and chosen not in places:
            path = Path.home() / ".cache" / "molbloom" / f"{chosen}{_SUFFIX}"
        if not path.is_file():
            raise ConfigError(
                f"catalogue {chosen!r} is not on this machine ({path}); download it once, "
                f"python -c \"import molbloom; molbloom.buy('C', catalog='{chosen}')\", or take zinc-instock-mini"
            )
        return path

    @cached_property
    def _catalogue(self) -> Any:
        from molbloom.bloom import BloomFilter

        return BloomFilter(str(self._catalogue_file))

    def _accept(self, molecules: Sequence[Molecule]) -> Verdict:
        places = [self._find(str(molecule.smiles)) for molecule in molecules]
        if self.parameters.keep == "in":
            return decide([None if place else "not in stock" for place in places])
        return decide([f"in stock: {place}" if place else None for place in places])

    def _find(self, smiles: str) -> str | None:
        """The number of a molecule, or the catalogue that has it; None where nothing has."""
        number = self._blocks.find(smiles)
        if number is not None or self.parameters.catalogue is None:
            return number
        import molbloom

        return self._catalogue_file.stem if molbloom.canon(smiles) in self._catalogue else None
