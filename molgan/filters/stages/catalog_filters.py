"""Alert sets by name: RDKit's catalogs, and Novartis's from the package medchem."""

from collections.abc import Sequence
from functools import cached_property
from typing import Any

from pydantic import Field

from molgan.base.errors import ConfigError
from molgan.base.settings import Settings
from molgan.chem.molecule import Molecule
from molgan.filters.filter import Filter, Verdict, decide, get_mols
from molgan.filters.shared_descriptors import make_batch
from molgan.scoring.fast.descriptors import Descriptors
from molgan.scoring.scorers.alerts import Catalog


class CatalogFilter(Filter):
    """The sets of RDKit's FilterCatalog, whose documentation names their sources, with RDKit's own matches behind a
    screen that rules out most alerts at once. The reason names the alerts, each behind its set: `NIH rhodanine`."""

    name = "alerts"
    summary = "No alert of RDKit's catalogs"

    class Parameters(Settings):
        catalogs: tuple[Catalog, ...] = Field(
            default=("PAINS", "BRENK", "NIH"),
            min_length=1,
            description="Sets of alerts, by RDKit's names; together they hold hundreds, and few molecules pass all",
        )

    parameters: Parameters

    def _accept(self, molecules: Sequence[Molecule]) -> Verdict:
        batch = make_batch(molecules)
        found = [self._list_alerts(molecule) for molecule in batch.distinct]
        return decide([found[place] for place in batch.place.tolist()])

    def _list_alerts(self, molecule: Descriptors) -> str | None:
        hits = [f"{name} {alert}" for name in self.parameters.catalogs for alert in sorted(molecule.alerts(name))]
        return "; ".join(hits) or None


class NIBR(Filter):
    """A. Schuffenhauer et al., J. Med. Chem. 63, 14425 (2020): Novartis's filters for screening decks, as the package
    `medchem` has them. Each alert has a severity, and 10 or more in all excludes a molecule there."""

    name = "nibr"
    summary = "No severe alert of Novartis's screening deck (medchem)"

    class Parameters(Settings):
        severity: int = Field(default=10, ge=1, description="Sum of severities from which on a molecule is rejected")

    parameters: Parameters

    @cached_property
    def _filters(self) -> Any:
        try:
            from medchem.structural import NIBRFilters  # type: ignore[import-not-found,import-untyped,unused-ignore]
        except ImportError as error:
            raise ConfigError("filter 'nibr' needs medchem: pip install 'molgan[medchem]'") from error
        return NIBRFilters()

    def _accept(self, molecules: Sequence[Molecule]) -> Verdict:
        table = self._filters(get_mols(molecules), n_jobs=1)
        reasons = [
            f"{reasons}: severity {severity:g}" if severity >= self.parameters.severity else None
            for reasons, severity in zip(table["reasons"], table["severity"], strict=True)
        ]
        return decide(reasons)
