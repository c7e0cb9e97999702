"""Structural alerts: True (1) is a hit, which is bad. The note names the alerts."""

from typing import ClassVar, Literal

from pydantic import Field

from molgan.base.settings import Settings
from molgan.scoring.base import DescriptorScorer
from molgan.scoring.fast.alert_sets import CONTROLLED
from molgan.scoring.fast.descriptors import Descriptors
from molgan.scoring.transforms import Linear


class Alerts(DescriptorScorer):
    """A set of alerts. A molecule's note lists the names of its alerts, sorted."""

    catalog: ClassVar[str]
    low, high, direction, boolean = 0.0, 1.0, "low", True
    default_transform = Linear(low=1.0, high=0.0)

    def _value(self, molecule: Descriptors) -> float:
        return float(bool(molecule.alerts(self.catalog)))

    def _note(self, molecule: Descriptors) -> str | None:
        return "; ".join(sorted(molecule.alerts(self.catalog))) or None


class PAINS(Alerts):
    """J. B. Baell and G. A. Holloway, J. Med. Chem. 53, 2719 (2010): families A, B and C."""

    name, catalog = "pains", "PAINS"
    summary = "Pan-assay interference alert (PAINS A, B and C)"


class BRENK(Alerts):
    """R. Brenk et al., ChemMedChem 3, 435 (2008)."""

    name, catalog = "brenk", "BRENK"
    summary = "Unwanted functionality (Brenk)"


class ControlledScaffold(Alerts):
    """Lists one to five of the Controlled Substances Act of the United States, and Shulgin's PIHKAL, as the package
    `medchem` has them. Many medicines have such a scaffold. The library of a campaign has the names in the column
    `controlled`."""

    name, catalog = "controlled_scaffold", CONTROLLED
    summary = "Scaffold of a controlled drug"


Catalog = Literal[
    "PAINS",
    "PAINS_A",
    "PAINS_B",
    "PAINS_C",
    "BRENK",
    "NIH",
    "ZINC",
    "CHEMBL",
    "CHEMBL_BMS",
    "CHEMBL_Dundee",
    "CHEMBL_Glaxo",
    "CHEMBL_Inpharmatica",
    "CHEMBL_LINT",
    "CHEMBL_MLSMR",
    "CHEMBL_SureChEMBL",
]


class CatalogAlerts(DescriptorScorer):
    """The sets of RDKit's FilterCatalog, whose documentation names their sources. The note lists the alerts, sorted."""

    name = "catalog_alerts"
    summary = "Alert of RDKit's catalogs"
    low, high, direction, boolean = 0.0, 1.0, "low", True
    default_transform = Linear(low=1.0, high=0.0)

    class Parameters(Settings):
        catalogs: list[Catalog] = Field(
            default=["PAINS", "BRENK", "NIH"], min_length=1, description="Sets of alerts, by RDKit's names"
        )

    parameters: Parameters

    def _value(self, molecule: Descriptors) -> float:
        return float(any(molecule.alerts(name) for name in self.parameters.catalogs))

    def _note(self, molecule: Descriptors) -> str | None:
        return "; ".join(sorted(alert for name in self.parameters.catalogs for alert in molecule.alerts(name))) or None
