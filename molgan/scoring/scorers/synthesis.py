"""Synthetic accessibility.

P. Ertl and A. Schuffenhauer, J. Cheminform. 1, 8 (2009), with the changes of RDKit's Contrib/SA_Score: the symmetry
correction and the flat macrocycle penalty. The fragments' contributions are those that RDKit ships.
"""

import math
from collections.abc import Mapping
from functools import cache
from typing import Any, ClassVar

from pydantic import Field
from rdkit import Chem
from rdkit.Chem import rdMolDescriptors

from molgan.base.settings import Settings
from molgan.scoring.base import DescriptorScorer
from molgan.scoring.fast.descriptors import Descriptors
from molgan.scoring.fast.fragment_scores import Contributions, fragments
from molgan.scoring.transforms import ReverseSigmoid


class SA(DescriptorScorer):
    """RDKit's value has a hole: a score x above 8 is written as 8 + ln(x - 8), which falls to minus infinity where x is
    just above 8, so that some of the hardest molecules look easy, and is back at 8 where x is 9. A search would find
    them, so objectives and filters close the hole (`monotone`); elsewhere the value is RDKit's."""

    name = "sa"
    summary = "Synthetic accessibility: 1 is easy to make, 10 is hard"
    low, high, direction = 1.0, 10.0, "low"
    judging: ClassVar[Mapping[str, Any]] = {"monotone": True}
    default_transform = ReverseSigmoid(low=2.5, high=5.5, k=0.25)

    class Parameters(Settings):
        monotone: bool = Field(
            False,
            description="Whether scores of 8 to 9 before RDKit's smoothing are 8 and not less; true by default in "
            "objectives and filters",
        )

    parameters: Parameters

    def _value(self, molecule: Descriptors) -> float:
        return sa_score(molecule.mol, monotone=self.parameters.monotone)


def sa_score(mol: Chem.Mol, *, monotone: bool = False) -> float:
    """The score of a molecule with assigned stereo, 1 (easy) to 10 (hard): RDKit's, or without the hole in it where
    `monotone`. Raises ValueError when it has no atoms."""
    atoms = mol.GetNumAtoms()
    if atoms == 0:
        raise ValueError("no atoms")
    counts = fragments(mol)
    contributions = _contributions()
    score: float = sum([contributions[bit] * count for bit, count in counts.items()]) / sum(counts.values())
    score -= _complexity(mol, atoms)
    if atoms > len(counts):
        score += math.log(atoms / len(counts)) * 0.5
    # From the raw range, -4 to 2.5 and easy above, to 1 to 10 and hard above.
    score = 11 - (score + 5) / 6.5 * 9
    if score > 8:
        score = 8 + math.log(max(score - 8, 1.0) if monotone else score - 8)
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


@cache
def _contributions() -> Contributions:
    return Contributions("sa_fragments", unknown=-4.0)
