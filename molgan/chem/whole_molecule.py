"""Whole-molecule descriptors, which a network that passes messages between neighbours is slow to count."""

from __future__ import annotations

from collections import Counter

from rdkit import Chem
from rdkit.Chem import rdMolDescriptors

_PROPERTIES = (
    "exactmw",
    "CrippenClogP",
    "tpsa",
    "NumRotatableBonds",
    "NumRings",
    "NumHeteroatoms",
    "NumAtoms",
    "NumHeavyAtoms",
    "NumHBD",
    "NumHBA",
    "NumAmideBonds",
    "FractionCSP3",
    "NumAromaticRings",
    "NumAliphaticRings",
    "NumSaturatedRings",
    "NumHeterocycles",
    "NumAromaticHeterocycles",
    "NumSaturatedHeterocycles",
    "NumSpiroAtoms",
    "NumBridgeheadAtoms",
    "CrippenMR",
    "labuteASA",
    "hallKierAlpha",
    "chi0v",
    "chi1v",
    "chi3v",
    "kappa1",
    "kappa2",
    "kappa3",
)
_ELEMENTS = {"nitrogen": 7, "oxygen": 8, "fluorine": 9, "sulfur": 16, "chlorine": 17, "bromine": 35}
_LARGEST_RING = 8
DESCRIPTORS = (
    *_PROPERTIES,
    *_ELEMENTS,
    *(f"rings of {size}" for size in range(3, _LARGEST_RING)),
    f"rings of {_LARGEST_RING} or more",
)
_compute = rdMolDescriptors.Properties(_PROPERTIES)


def descriptors(mol: Chem.Mol) -> list[float]:
    """The `DESCRIPTORS` of a sanitised molecule, in RDKit's units (weight in Da, areas in Å²)."""
    elements = Counter(atom.GetAtomicNum() for atom in mol.GetAtoms())
    sizes = Counter(min(len(ring), _LARGEST_RING) for ring in mol.GetRingInfo().AtomRings())
    counts = [elements[number] for number in _ELEMENTS.values()]
    return [*_compute.ComputeProperties(mol), *counts, *(sizes[size] for size in range(3, _LARGEST_RING + 1))]
