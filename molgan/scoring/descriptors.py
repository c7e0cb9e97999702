"""What scorers share about one molecule: each quantity is computed when first asked for, and once."""

from functools import cached_property

from rdkit import Chem
from rdkit.Chem import rdMolDescriptors


class Descriptors:
    """A valid molecule and its quantities, in RDKit's definitions and units."""

    def __init__(self, smiles: str, mol: Chem.Mol) -> None:
        """`smiles` is the canonical isomeric SMILES of `mol`."""
        self.smiles = smiles
        self.mol = mol

    @cached_property
    def weight(self) -> float:
        """Average molecular weight in g/mol."""
        return float(rdMolDescriptors._CalcMolWt(self.mol))

    @cached_property
    def logp(self) -> float:
        """Octanol-water partition coefficient, S. A. Wildman and G. M. Crippen, JCICS 39, 868 (1999)."""
        return float(rdMolDescriptors.CalcCrippenDescriptors(self.mol)[0])

    @cached_property
    def tpsa(self) -> float:
        """Topological polar surface area in Å², P. Ertl et al., J. Med. Chem. 43, 3714 (2000)."""
        return float(rdMolDescriptors.CalcTPSA(self.mol))

    @cached_property
    def donors(self) -> int:
        """Hydrogen bond donors."""
        return int(rdMolDescriptors.CalcNumHBD(self.mol))

    @cached_property
    def rotatable_bonds(self) -> int:
        """Rotatable bonds, RDKit's strict definition: no amides, esters or the like."""
        return int(rdMolDescriptors.CalcNumRotatableBonds(self.mol))

    @cached_property
    def qed(self) -> float:
        """Quantitative estimate of drug-likeness, G. R. Bickerton et al., Nature Chem. 4, 90 (2012)."""
        from rdkit.Chem import QED

        return float(QED.qed(self.mol))  # type: ignore[no-untyped-call]
