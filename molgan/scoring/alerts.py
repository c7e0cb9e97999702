"""Structural alerts: True (1) is a hit, which is bad. The note names the alerts."""

from typing import ClassVar

from molgan.scoring.base import DescriptorScorer
from molgan.scoring.descriptors import Descriptors
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

    name = catalog = "pains"
    summary = "Pan-assay interference alert (PAINS A, B and C)"


class BRENK(Alerts):
    """R. Brenk et al., ChemMedChem 3, 435 (2008)."""

    name = catalog = "brenk"
    summary = "Unwanted functionality (Brenk)"
