"""Counts of atoms, bonds and rings, and other properties of the molecular graph, in RDKit's definitions."""

import math
from collections.abc import Callable
from typing import Any, ClassVar, Literal

from pydantic import Field, field_validator
from rdkit import Chem
from rdkit.Chem import rdMolDescriptors
from rdkit.Chem.rdchem import HybridizationType

from molgan.base.settings import Settings
from molgan.chem.stereo_elements import StereoElements
from molgan.scoring.base import DescriptorScorer
from molgan.scoring.fast.descriptors import Descriptors
from molgan.scoring.parameters import make_name_error


class Property(DescriptorScorer):
    """A function of RDKit's, or one as short."""

    function: ClassVar[Callable[[Chem.Mol], float]]
    low = 0.0

    def _value(self, molecule: Descriptors) -> float:
        return float(type(self).function(molecule.mol))


def _property(name: str, summary: str, function: Callable[[Chem.Mol], float], **more: Any) -> type[Property]:
    title = "".join(part.title() for part in name.split("_"))
    members = {"name": name, "summary": summary, "function": staticmethod(function), "__module__": __name__, **more}
    return type(title, (Property,), members)


def _count_hybridised(kind: HybridizationType) -> Callable[[Chem.Mol], float]:
    return lambda mol: sum([atom.GetHybridization() == kind for atom in mol.GetAtoms()])


def largest_ring(mol: Chem.Mol) -> int:
    """Atoms of the largest ring of the smallest set of smallest rings; 0 without a ring."""
    return max(map(len, mol.GetRingInfo().AtomRings()), default=0)


def graph_length(mol: Chem.Mol) -> int:
    """Bonds on the shortest path between the two atoms that are farthest apart within a fragment."""
    distances = Chem.GetDistanceMatrix(mol)
    # Between fragments RDKit writes 1e8.
    return int(distances[distances < mol.GetNumAtoms()].max(initial=0))


def stereo_centres(mol: Chem.Mol) -> int:
    """Tetrahedral atoms whose arrangement is defined, or could be."""
    elements = StereoElements.of(mol)
    return elements.defined + elements.open_atoms


_rd = rdMolDescriptors
PROPERTIES: list[type[Property]] = [
    _property("hetero_atoms", "Atoms other than carbon and hydrogen", _rd.CalcNumHeteroatoms),
    _property("stereo_centres", "Tetrahedral stereo centres, defined or not", stereo_centres, version="2"),
    _property(
        "undefined_stereo_centres",
        "Tetrahedral stereo centres left open, as the filter `stereo` counts them",
        lambda mol: StereoElements.of(mol).open_atoms,
        direction="low",
        version="2",
    ),
    _property("sp_atoms", "Atoms that are sp hybridised", _count_hybridised(HybridizationType.SP)),
    _property("sp2_atoms", "Atoms that are sp2 hybridised", _count_hybridised(HybridizationType.SP2)),
    _property("sp3_atoms", "Atoms that are sp3 hybridised", _count_hybridised(HybridizationType.SP3)),
    _property("aromatic_rings", "Aromatic rings", _rd.CalcNumAromaticRings),
    _property("aliphatic_rings", "Rings with a bond that is not aromatic", _rd.CalcNumAliphaticRings),
    _property("saturated_rings", "Rings of single bonds only", _rd.CalcNumSaturatedRings),
    _property("heterocycles", "Rings with a hetero atom", _rd.CalcNumHeterocycles),
    _property("aromatic_heterocycles", "Aromatic rings with a hetero atom", _rd.CalcNumAromaticHeterocycles),
    _property("aromatic_carbocycles", "Aromatic rings of carbon", _rd.CalcNumAromaticCarbocycles),
    _property("aliphatic_heterocycles", "Aliphatic rings with a hetero atom", _rd.CalcNumAliphaticHeterocycles),
    _property("aliphatic_carbocycles", "Aliphatic rings of carbon", _rd.CalcNumAliphaticCarbocycles),
    _property("saturated_heterocycles", "Saturated rings with a hetero atom", _rd.CalcNumSaturatedHeterocycles),
    _property("saturated_carbocycles", "Saturated rings of carbon", _rd.CalcNumSaturatedCarbocycles),
    _property("spiro_atoms", "Atoms that two rings share alone", _rd.CalcNumSpiroAtoms),
    _property("bridgehead_atoms", "Bridgehead atoms", _rd.CalcNumBridgeheadAtoms),
    _property("largest_ring", "Atoms of the largest ring", largest_ring),
    _property("graph_length", "Bonds between the two atoms farthest apart", graph_length),
    _property("amide_bonds", "Amide bonds", _rd.CalcNumAmideBonds),
    _property("charge", "Formal charge", Chem.GetFormalCharge, unit="e", low=-math.inf),
    _property("exact_mass", "Mass of the most common isotopes", _rd.CalcExactMolWt, unit="Da"),
    _property("molar_refractivity", "Molar refractivity (Crippen)", lambda mol: _rd.CalcCrippenDescriptors(mol)[1]),
    _property("surface_area", "Approximate surface area (Labute)", _rd.CalcLabuteASA, unit="Å²"),
]


class Descriptor(DescriptorScorer):
    """Whatever `rdkit.Chem.Descriptors` lists, by its name there, such as BertzCT, MolMR or fr_amide."""

    name = "descriptor"
    summary = "Any RDKit descriptor by its name"

    class Parameters(Settings):
        descriptor: str = Field(description="RDKit's name of the descriptor, such as BertzCT")

        @field_validator("descriptor")
        @classmethod
        def _known(cls, descriptor: str) -> str:
            if descriptor not in (names := _descriptors()):
                raise ValueError(str(make_name_error("RDKit descriptor", descriptor, names)))
            return descriptor

    parameters: Parameters

    def _value(self, molecule: Descriptors) -> float:
        return float(_descriptors()[self.parameters.descriptor](molecule.mol))


def _descriptors() -> dict[str, Callable[[Chem.Mol], float]]:
    from rdkit.Chem import Descriptors as rdkit_descriptors

    return dict(rdkit_descriptors.descList)


class Shape(DescriptorScorer):
    """W. H. B. Sauer and M. K. Schwarz, J. Chem. Inf. Comput. Sci. 43, 987 (2003), for the ratios of moments.

    Of one conformer by ETKDGv3 (S. Wang et al., J. Chem. Inf. Model. 60, 2044 (2020)), with hydrogens, not optimised,
    always from the same seed. `npr1` and `npr2` say rod (0, 1), disc (0.5, 0.5) or sphere (1, 1).
    """

    name = "shape"
    summary = "A property of one 3D conformer"
    low = 0.0

    class Parameters(Settings):
        property: Literal[
            "npr1", "npr2", "volume", "radius_of_gyration", "asphericity", "eccentricity", "spherocity"
        ] = Field(
            "npr1",
            description="`npr1` and `npr2` are ratios of the principal moments of inertia, `volume` is in Å³, "
            "`radius_of_gyration` in Å, the others are 0 to 1",
        )

    parameters: Parameters

    def _value(self, molecule: Descriptors) -> float:
        mol = molecule.conformer
        if mol is None:
            raise ValueError("no conformer found")
        if self.parameters.property == "volume":
            from rdkit.Chem import AllChem

            return float(AllChem.ComputeMolVolume(mol))  # type: ignore[no-untyped-call]
        return float(_SHAPES[self.parameters.property](mol))


_SHAPES: dict[str, Callable[[Chem.Mol], float]] = {
    "npr1": _rd.CalcNPR1,
    "npr2": _rd.CalcNPR2,
    "radius_of_gyration": _rd.CalcRadiusOfGyration,
    "asphericity": _rd.CalcAsphericity,
    "eccentricity": _rd.CalcEccentricity,
    "spherocity": _rd.CalcSpherocityIndex,
}
