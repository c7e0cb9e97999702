"""Likeness to natural products.

P. Ertl, S. Roggo and A. Schuffenhauer, J. Chem. Inf. Model. 48, 68 (2008), as in RDKit's Contrib/NP_Score.
"""

import math
from functools import cache

from rdkit import Chem

from molgan.scoring.base import DescriptorScorer
from molgan.scoring.fast.descriptors import Descriptors
from molgan.scoring.fast.fragment_scores import Contributions, fragments
from molgan.scoring.transforms import Sigmoid


class NPLikeness(DescriptorScorer):
    name = "np_likeness"
    summary = "Likeness to natural products: synthetic is below 0, natural above"
    low, high, direction = -5.0, 5.0, "none"
    default_transform = Sigmoid(low=-2.0, high=2.0, k=0.25)

    def _value(self, molecule: Descriptors) -> float:
        return np_likeness(molecule.mol)


def np_likeness(mol: Chem.Mol) -> float:
    """The sum of the fragments' contributions an atom, each fragment once. Raises ValueError without atoms."""
    if not mol.GetNumAtoms():
        raise ValueError("no atoms")
    contributions = _contributions()
    score = sum([contributions[bit] for bit in fragments(mol)]) / mol.GetNumAtoms()
    if abs(score) > 4:
        score = math.copysign(4 + math.log10(abs(score) - 3), score)
    return float(score)


@cache
def _contributions() -> Contributions:
    return Contributions("np_fragments", unknown=0.0)
