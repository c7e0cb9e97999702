"""The MOSES filters: rings, charges, elements, medicinal chemistry filters and PAINS (Polykovskiy et al. 2020)."""

import csv
from functools import cache
from importlib.resources import files
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from rdkit import Chem, DataStructs

_LARGEST_RING = 7
_ELEMENTS = frozenset({"C", "N", "S", "O", "F", "Cl", "Br", "H"})


class _Patterns(NamedTuple):
    names: list[str]
    queries: list[Chem.Mol]
    bits: NDArray[np.uint8]  # [patterns, bytes]: the pattern fingerprint of each query


def moses_rejection(mol: Chem.Mol) -> str | None:
    """The reason why the MOSES filters reject a molecule, None when it passes.

    The reasons are "ring of 8 atoms", "charge", "element Si", "no atoms", or the name of the first substructure found
    ("MCF7", "PAINS anil_di_alk_F(14)").
    """
    largest = max((len(ring) for ring in mol.GetRingInfo().AtomRings()), default=0)
    if largest > _LARGEST_RING:
        return f"ring of {largest} atoms"
    for atom in mol.GetAtoms():
        if atom.GetFormalCharge() != 0:
            return "charge"
        if atom.GetSymbol() not in _ELEMENTS:
            return f"element {atom.GetSymbol()}"
    if mol.GetNumAtoms() == 0:
        return "no atoms"
    return _substructure(Chem.AddHs(mol))


def _substructure(mol: Chem.Mol) -> str | None:
    patterns = _patterns()
    # A query whose fingerprint holds a bit that the molecule's lacks cannot match: 27 of 502 remain on average.
    missing = patterns.bits & ~_pattern_bits(mol)
    for index in np.flatnonzero(~missing.any(axis=1)):
        if mol.HasSubstructMatch(patterns.queries[index]):
            return patterns.names[index]
    return None


@cache
def _patterns() -> _Patterns:
    with (files("molgan") / "data" / "moses_filters.csv").open(encoding="utf-8") as table:
        rows = list(csv.DictReader(table))
    # Not by `read_smarts`: as in MOSES, these see molecules with explicit hydrogens.
    queries = [Chem.MolFromSmarts(row["smarts"]) for row in rows]
    names = [row["name"] if row["set"] == "MCF" else f"{row['set']} {row['name']}" for row in rows]
    return _Patterns(names, queries, np.stack([_pattern_bits(query) for query in queries]))


def _pattern_bits(mol: Chem.Mol) -> NDArray[np.uint8]:
    return np.frombuffer(DataStructs.BitVectToBinaryText(Chem.PatternFingerprint(mol)), dtype=np.uint8)
