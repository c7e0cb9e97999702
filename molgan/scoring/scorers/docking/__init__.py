"""Docking with AutoDock Vina: boxes, ligands, worker processes, poses and the scorer. Needs the extra `docking`."""
