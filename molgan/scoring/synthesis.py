"""Synthetic accessibility.

P. Ertl and A. Schuffenhauer, J. Cheminform. 1, 8 (2009), with the changes of RDKit's Contrib/SA_Score: the symmetry
correction and the flat macrocycle penalty. The fragments' contributions are read from the table that RDKit ships.
"""

import gzip
import math
import pickle
from array import array
from functools import cache
from pathlib import Path

import numpy as np
from rdkit import Chem, RDConfig
from rdkit.Chem import rdFingerprintGenerator, rdMolDescriptors

from molgan.scoring.base import DescriptorScorer
from molgan.scoring.descriptors import Descriptors
from molgan.scoring.transforms import ReverseSigmoid

_UNKNOWN = -4.0  # contribution of a fragment that is not in the table
_REMEMBERED = 200_000


class SA(DescriptorScorer):
    name = "sa"
    summary = "Synthetic accessibility: 1 is easy to make, 10 is hard"
    low, high, direction = 1.0, 10.0, "low"
    default_transform = ReverseSigmoid(low=2.5, high=5.5, k=0.25)

    def _value(self, molecule: Descriptors) -> float:
        return sa_score(molecule.mol)


def sa_score(mol: Chem.Mol) -> float:
    """The score of a molecule with assigned stereo, 1 (easy) to 10 (hard). Raises ValueError when it has no atoms."""
    atoms = mol.GetNumAtoms()
    if atoms == 0:
        raise ValueError("no atoms")
    fragments = _morgan().GetSparseCountFingerprint(mol).GetNonzeroElements()
    contributions = _contributions()
    score: float = sum([contributions[bit] * count for bit, count in fragments.items()]) / sum(fragments.values())
    score -= _complexity(mol, atoms)
    if atoms > len(fragments):
        score += math.log(atoms / len(fragments)) * 0.5
    # From the raw range, -4 to 2.5 and easy above, to 1 to 10 and hard above.
    score = 11 - (score + 5) / 6.5 * 9
    if score > 8:
        score = 8 + math.log(score - 8)
    return min(max(score, 1.0), 10.0)


def _complexity(mol: Chem.Mol, atoms: int) -> float:
    """The penalty for size, stereo centres, spiro and bridgehead atoms, and macrocycles."""
    penalty: float = atoms**1.005 - atoms
    penalty += math.log10(rdMolDescriptors.CalcNumAtomStereoCenters(mol) + 1)
    penalty += math.log10(rdMolDescriptors.CalcNumSpiroAtoms(mol) + 1)
    penalty += math.log10(rdMolDescriptors.CalcNumBridgeheadAtoms(mol) + 1)
    if any(len(ring) > 8 for ring in mol.GetRingInfo().AtomRings()):
        penalty += math.log10(2)
    return penalty


class _Contributions(dict[int, float]):
    """Contribution by Morgan bit: the table as two sorted arrays (8 MB, where a dict takes 89), and a dict of the
    bits met so far."""

    def __init__(self, table: list[list[float]]) -> None:
        bits = array("L", (int(bit) for row in table for bit in row[1:]))
        scores = np.repeat([row[0] for row in table], [len(row) - 1 for row in table])
        order = np.argsort(bits, kind="stable")
        self._bits = np.asarray(bits, dtype=np.uint32)[order]
        self._scores = scores[order]

    def __missing__(self, bit: int) -> float:
        at = int(np.searchsorted(self._bits, np.uint32(bit)))
        found = at < len(self._bits) and int(self._bits[at]) == bit
        score = float(self._scores[at]) if found else _UNKNOWN
        if len(self) < _REMEMBERED:
            self[bit] = score
        return score


@cache
def _contributions() -> _Contributions:
    path = Path(RDConfig.RDContribDir) / "SA_Score" / "fpscores.pkl.gz"
    with gzip.open(path) as file:
        return _Contributions(pickle.load(file))


@cache
def _morgan() -> rdFingerprintGenerator.FingerprintGenerator64:
    return rdFingerprintGenerator.GetMorganGenerator(radius=2)
