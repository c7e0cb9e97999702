"""Scorers that misbehave. Workers import this module because it defines a scorer that they are asked for."""

import os
import signal
import time
from pathlib import Path

from rdkit import Chem

from molgan.base.settings import Settings
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


@register
class Stall(Scorer):
    """Counts atoms. Hangs over the molecule that comes after the file `marker` is gone, and makes it anew before."""

    name = "stall"
    summary = "Heavy atoms, hanging once"

    class Parameters(Settings):
        """`marker`: the file."""

        marker: str

    parameters: Parameters

    def _score(self, mols: list[Chem.Mol]) -> list[float]:
        marker = Path(self.parameters.marker)
        if not marker.exists():
            marker.touch()
            time.sleep(3600)
        return [float(mol.GetNumAtoms()) for mol in mols]


@register
class Slow(Scorer):
    """Counts atoms, `seconds` a molecule."""

    name = "slow"
    summary = "Heavy atoms, slowly"

    class Parameters(Settings):
        """`seconds` a molecule."""

        seconds: float = 0.05

    parameters: Parameters

    def _score(self, mols: list[Chem.Mol]) -> list[float]:
        time.sleep(self.parameters.seconds * len(mols))
        return [float(mol.GetNumAtoms()) for mol in mols]
