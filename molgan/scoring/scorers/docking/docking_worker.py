"""A process that docks: its setup is a `Task`.

A question is a SMILES, answered by {"score": kcal/mol, "pose": mol block} or {"error": reason}.
"""

from typing import Any

from rdkit import Chem, rdBase

from molgan.base.serve import format_error, serve
from molgan.scoring.scorers.docking.ligand import embed, from_pdbqt, to_pdbqt


def main() -> None:
    """Answer until stdin ends."""
    rdBase.DisableLog("rdApp.*")
    serve(lambda task: _Dock(**task))


class _Dock:
    """A receptor with its maps computed."""

    def __init__(
        self, receptor: str, center: list[float], size: list[float], function: str, exhaustiveness: int, seed: int
    ) -> None:
        from vina import Vina

        self._exhaustiveness = exhaustiveness
        self._seed = seed
        # Vina takes seed 0 for a random one.
        self._vina = Vina(sf_name=function, cpu=1, seed=seed + 1, verbosity=0)
        self._vina.set_receptor(receptor)
        self._vina.compute_vina_maps(center=center, box_size=size)

    def __call__(self, smiles: str) -> dict[str, Any]:
        try:
            return self._dock(smiles)
        except Exception as error:
            return {"error": format_error(error)}

    def _dock(self, smiles: str) -> dict[str, Any]:
        self._vina.set_ligand_from_string(to_pdbqt(embed(smiles, self._seed)))
        self._vina.dock(exhaustiveness=self._exhaustiveness, n_poses=1)
        score = float(self._vina.energies(n_poses=1)[0][0])
        pose = from_pdbqt(self._vina.poses(n_poses=1))
        pose.SetProp("_Name", smiles)
        return {"score": score, "pose": Chem.MolToMolBlock(pose)}


if __name__ == "__main__":
    main()
