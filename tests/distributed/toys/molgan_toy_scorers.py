"""Scorers that misbehave. Workers import this module because it defines a scorer that they are asked for."""

import os
import signal
import time

from rdkit import Chem

from molgan.scoring.base import Scorer
from molgan.scoring.registry import register


@register
class Trouble(Scorer):
    """Counts atoms. Kills its process over xenon, hangs over krypton, raises over argon."""

    name = "trouble"
    summary = "Heavy atoms, with trouble"

    def _score(self, mols: list[Chem.Mol]) -> list[float]:
        for mol in mols:
            match mol.GetAtomWithIdx(0).GetSymbol():
                case "Xe":
                    os.kill(os.getpid(), signal.SIGKILL)
                case "Kr":
                    time.sleep(3600)
                case "Ar":
                    raise ValueError("noble")
        return [float(mol.GetNumAtoms()) for mol in mols]
