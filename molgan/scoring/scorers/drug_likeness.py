"""Drug-likeness."""

from molgan.scoring.base import DescriptorScorer
from molgan.scoring.fast.descriptors import Descriptors


class QED(DescriptorScorer):
    """G. R. Bickerton et al., Nature Chem. 4, 90 (2012), as RDKit computes it with mean weights."""

    name = "qed"
    summary = "Quantitative estimate of drug-likeness"
    low, high, direction = 0.0, 1.0, "high"

    def _value(self, molecule: Descriptors) -> float:
        return molecule.qed
