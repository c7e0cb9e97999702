"""A slow scorer, in its own module, so that workers can import it."""

import time

from rdkit import Chem

from molgan.scoring.base import Scorer
from molgan.scoring.registry import register


@register
class Sleepy(Scorer):
    """Heavy atoms, at 50 ms a molecule."""

    name = "sleepy"
    summary = "Heavy atoms, 50 ms a molecule"

    def _score(self, mols: list[Chem.Mol]) -> list[float]:
        time.sleep(0.05 * len(mols))
        return [float(mol.GetNumAtoms()) for mol in mols]
