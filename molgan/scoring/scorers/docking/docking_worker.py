"""A process that docks, started by `workers`: JSON lines in, JSON lines out.

The first line in is a `Task`; the answer is {} once the receptor's maps are ready. Each further line is
{"smiles": …}, answered by {"score": kcal/mol, "pose": SDF record} or {"error": reason}.
"""

import json
import os
import signal
import sys
from typing import Any

from rdkit import Chem, rdBase

from molgan.scoring.scorers.docking.ligand import embedded, from_pdbqt, to_pdbqt


def main() -> None:
    """Serve until standard input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Vina and Meeko write to standard output, which answers need for themselves.
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    rdBase.DisableLog("rdApp.*")
    dock = None
    for line in sys.stdin:
        question = json.loads(line)
        try:
            if dock is None:
                dock, answer = _Dock(**question), {}
            else:
                answer = dock(question["smiles"])
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {' '.join(str(error).split())[:160]}"}
        answers.write(json.dumps(answer) + "\n")


class _Dock:
    """A receptor with its maps computed."""

    def __init__(
        self, receptor: str, center: list[float], size: list[float], function: str, exhaustiveness: int, seed: int
    ) -> None:
        from vina import Vina

        self._exhaustiveness = exhaustiveness
        self._seed = seed
        # Vina takes seed 0 for "choose one".
        self._vina = Vina(sf_name=function, cpu=1, seed=seed + 1, verbosity=0)
        self._vina.set_receptor(receptor)
        self._vina.compute_vina_maps(center=center, box_size=size)

    def __call__(self, smiles: str) -> dict[str, Any]:
        self._vina.set_ligand_from_string(to_pdbqt(embedded(smiles, self._seed)))
        self._vina.dock(exhaustiveness=self._exhaustiveness, n_poses=1)
        score = float(self._vina.energies(n_poses=1)[0][0])
        pose = from_pdbqt(self._vina.poses(n_poses=1))
        pose.SetProp("_Name", smiles)
        return {"score": score, "pose": Chem.MolToMolBlock(pose)}


if __name__ == "__main__":
    main()
