"""Descriptors of a molecule that scorers share: each is computed once, when it is first needed."""

from collections.abc import Iterable
from functools import cached_property

from rdkit import Chem
from rdkit.Chem import QED, rdMolDescriptors

from molgan.scoring.fast import atom_sums as local
from molgan.scoring.fast.alert_sets import SHARED, catalogs
from molgan.scoring.fast.atom_graph import Graph


class Descriptors:
    """A valid molecule and its quantities, with RDKit's values."""

    def __init__(self, smiles: str, mol: Chem.Mol) -> None:
        """`smiles` is the canonical isomeric SMILES of `mol`."""
        self.smiles = smiles
        self.mol = mol
        self._alerts: dict[str, list[str]] = {}

    @cached_property
    def graph(self) -> Graph | None:
        """Atoms and their surroundings; None for a molecule with hydrogen atoms or unusual bonds, which is left to
        RDKit."""
        return Graph.of(self.smiles, self.mol)

    @cached_property
    def _sites(self) -> list[int]:
        return [] if self.graph is None else local.sites(self.graph)

    @cached_property
    def weight(self) -> float:
        """Average molecular weight in g/mol."""
        return float(rdMolDescriptors._CalcMolWt(self.mol))

    @cached_property
    def logp(self) -> float:
        """Octanol-water partition coefficient, S. A. Wildman and G. M. Crippen, JCICS 39, 868 (1999)."""
        if self.graph is None:
            return float(rdMolDescriptors.CalcCrippenDescriptors(self.mol)[0])
        return local.logp(self.graph)

    @cached_property
    def tpsa(self) -> float:
        """Topological polar surface area in Å², P. Ertl et al., J. Med. Chem. 43, 3714 (2000)."""
        return float(rdMolDescriptors.CalcTPSA(self.mol))

    @cached_property
    def donors(self) -> int:
        """Hydrogen bond donors."""
        return int(rdMolDescriptors.CalcNumHBD(self.mol)) if self.graph is None else local.donors(self._sites)

    @cached_property
    def rotatable_bonds(self) -> int:
        """Rotatable bonds, RDKit's strict definition: no amides, esters or the like."""
        if self.graph is None:
            return int(rdMolDescriptors.CalcNumRotatableBonds(self.mol))
        return local.rotatable_bonds(self.graph, self._sites)

    @cached_property
    def qed(self) -> float:
        """Quantitative estimate of drug-likeness, G. R. Bickerton et al., Nature Chem. 4, 90 (2012)."""
        if self.graph is None or (aromatic_rings := local.aromatic_rings(self.graph, self._sites)) is None:
            return float(QED.qed(self.mol))  # type: ignore[no-untyped-call]
        properties = QED.QEDproperties(  # type: ignore[no-untyped-call]
            MW=self.weight,
            ALOGP=self.logp,
            HBA=local.acceptors(self.graph, self._sites),
            HBD=self.donors,
            PSA=self.tpsa,
            ROTB=self.rotatable_bonds,
            AROM=aromatic_rings,
            ALERTS=len(self.alerts("qed")),
        )
        return float(QED.qed(self.mol, qedProperties=properties))  # type: ignore[no-untyped-call]

    @cached_property
    def conformer(self) -> Chem.Mol | None:
        """The molecule with hydrogens and one conformer, the same for the same SMILES; None when none can be found."""
        from rdkit.Chem import rdDistGeom

        mol = Chem.AddHs(Chem.MolFromSmiles(self.smiles))
        parameters = rdDistGeom.ETKDGv3()
        parameters.randomSeed = 42  # type: ignore[assignment]  # RDKit's stub is wrong
        return mol if rdDistGeom.EmbedMolecule(mol, parameters) == 0 else None

    def alerts(self, catalog: str) -> list[str]:
        """The names of the alerts of a catalog, `qed` or one of RDKit's, that the molecule has."""
        if catalog not in self._alerts:
            sets = catalogs(catalog)
            passing = self._passing if catalog in SHARED else sets.find_passing(self.graph)
            self._alerts[catalog] = sets.hits(catalog, self.mol, passing)
        return self._alerts[catalog]

    @cached_property
    def _passing(self) -> Iterable[int]:
        return catalogs("qed").find_passing(self.graph)
