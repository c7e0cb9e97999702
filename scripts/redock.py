"""Dock a ligand back into its receptor: Vina's score, and how far the best pose is from the crystal's.

    python scripts/redock.py data/receptors/drd2_6cm4.pdbqt data/receptors/drd2_6cm4_risperidone.sdf

Every search starts from a conformer made from SMILES, not from the crystal's. RMSD is over heavy atoms as they lie,
symmetry taken into account. Needs the extra `docking`.
"""

import argparse
import time
from pathlib import Path

from rdkit import Chem

from molgan.scoring.registry import get_scorer
from molgan.scoring.scorers.docking.box import read_ligand
from molgan.scoring.scorers.docking.docking_processes import Failure
from molgan.scoring.scorers.docking.ligand import rmsd


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("receptor", type=Path)
    parser.add_argument("ligand", type=Path)
    parser.add_argument("--size", type=float, default=24.0, help="edge of the box in Å")
    parser.add_argument("--exhaustiveness", type=int, nargs="+", default=[4])
    parser.add_argument("--ph", type=float, help="pH of the protomers; charges as in the file by default")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    asked = parser.parse_args()
    crystal = read_ligand(asked.ligand)
    smiles = Chem.MolToSmiles(crystal)
    print(smiles)
    for exhaustiveness in asked.exhaustiveness:
        for seed in asked.seeds:
            scorer = get_scorer(
                "docking",
                receptor=asked.receptor,
                ligand=asked.ligand,
                size=(asked.size,) * 3,
                exhaustiveness=exhaustiveness,
                seed=seed,
                ph=asked.ph,
                processes=1,
                timeout=3600,
            )
            scorer.dock(["C"])  # the maps are computed when the process starts
            began = time.perf_counter()
            (pose,) = scorer.dock([smiles])
            seconds = time.perf_counter() - began
            if isinstance(pose, Failure):
                print(f"exhaustiveness {exhaustiveness} seed {seed}: {pose}")
                continue
            deviation = rmsd(Chem.MolFromMolBlock(pose.block, removeHs=False), crystal)
            form = f", as {pose.form}" if pose.form else ""
            print(
                f"exhaustiveness {exhaustiveness} seed {seed}: {pose.score:.2f} kcal/mol, RMSD {deviation:.2f} Å, "
                f"{seconds:.1f} s{form}"
            )


if __name__ == "__main__":
    main()
