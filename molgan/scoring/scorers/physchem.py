"""Physicochemical properties in RDKit's definitions."""

from rdkit.Chem import rdMolDescriptors

from molgan.scoring.base import DescriptorScorer
from molgan.scoring.fast.descriptors import Descriptors
from molgan.scoring.transforms import DoubleSigmoid, ReverseSigmoid, Sigmoid


class LogP(DescriptorScorer):
    """S. A. Wildman and G. M. Crippen, JCICS 39, 868 (1999). The default transform's upper end is Lipinski's."""

    name = "logp"
    summary = "Octanol-water partition coefficient (Crippen)"
    default_transform = DoubleSigmoid(low=0.0, high=5.0)

    def _value(self, molecule: Descriptors) -> float:
        return molecule.logp


class TPSA(DescriptorScorer):
    """P. Ertl et al., J. Med. Chem. 43, 3714 (2000). The default transform's upper end is Veber's."""

    name = "tpsa"
    summary = "Topological polar surface area"
    unit, low = "Å²", 0.0
    default_transform = DoubleSigmoid(low=20.0, high=140.0, coef_si=15.0, coef_se=15.0)

    def _value(self, molecule: Descriptors) -> float:
        return molecule.tpsa


class Weight(DescriptorScorer):
    name = "mw"
    summary = "Average molecular weight"
    unit, low = "g/mol", 0.0
    default_transform = DoubleSigmoid(low=200.0, high=500.0, coef_si=5.0, coef_se=5.0)

    def _value(self, molecule: Descriptors) -> float:
        return molecule.weight


class Donors(DescriptorScorer):
    name = "hbd"
    summary = "Hydrogen bond donors"
    low, direction = 0.0, "low"
    default_transform = ReverseSigmoid(low=4.0, high=7.0)

    def _value(self, molecule: Descriptors) -> float:
        return molecule.donors


class Acceptors(DescriptorScorer):
    """RDKit's `CalcNumHBA`, which differs from the acceptors that QED counts."""

    name = "hba"
    summary = "Hydrogen bond acceptors"
    low, direction = 0.0, "low"
    default_transform = ReverseSigmoid(low=9.0, high=12.0)

    def _value(self, molecule: Descriptors) -> float:
        return float(rdMolDescriptors.CalcNumHBA(molecule.mol))


class RotatableBonds(DescriptorScorer):
    name = "rotatable_bonds"
    summary = "Rotatable bonds, without amides and the like"
    low, direction = 0.0, "low"
    default_transform = ReverseSigmoid(low=9.0, high=12.0)

    def _value(self, molecule: Descriptors) -> float:
        return molecule.rotatable_bonds


class Rings(DescriptorScorer):
    name = "rings"
    summary = "Rings (smallest set of smallest rings)"
    low = 0.0
    default_transform = DoubleSigmoid(low=0.5, high=5.5)

    def _value(self, molecule: Descriptors) -> float:
        return float(rdMolDescriptors.CalcNumRings(molecule.mol))


class HeavyAtoms(DescriptorScorer):
    name = "heavy_atoms"
    summary = "Atoms other than hydrogen"
    low = 0.0
    default_transform = DoubleSigmoid(low=15.0, high=36.0, coef_si=50.0, coef_se=50.0)

    def _value(self, molecule: Descriptors) -> float:
        return float(molecule.mol.GetNumHeavyAtoms())


class FractionSP3(DescriptorScorer):
    """F. Lovering et al., J. Med. Chem. 52, 6752 (2009)."""

    name = "fsp3"
    summary = "Share of carbons that are sp3"
    low, high, direction = 0.0, 1.0, "high"
    default_transform = Sigmoid(low=0.2, high=0.5, k=0.25)

    def _value(self, molecule: Descriptors) -> float:
        return float(rdMolDescriptors.CalcFractionCSP3(molecule.mol))
