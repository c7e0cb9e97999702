"""The docking box, in the receptor's coordinates."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rdkit import Chem, rdBase

from molgan.base.errors import ConfigError

Point = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Box:
    """`center` and the lengths of the edges, in Å."""

    center: Point
    size: Point

    @classmethod
    def around(cls, ligand: Chem.Mol, *, size: Point | None = None, padding: float = 5.0) -> "Box":
        """The box about the mean of the ligand's heavy atoms, `padding` Å beyond the outermost of them on every side
        unless `size` is given."""
        atoms = _heavy_atoms(ligand)
        center = atoms.mean(axis=0)
        reach = np.abs(atoms - center).max(axis=0) + padding
        return cls(_point(center), _point(2 * reach) if size is None else size)

    def holds_any(self, atoms: NDArray[np.float64]) -> bool:
        """Whether any of the positions [n, 3] is inside."""
        within = np.abs(atoms - np.array(self.center)) <= np.array(self.size) / 2
        return bool(within.all(axis=1).any())


def read_ligand(path: Path) -> Chem.Mol:
    """The first molecule of an SDF file, with 3D coordinates. Raises ConfigError."""
    with rdBase.BlockLogs():
        try:
            mol = next(iter(Chem.SDMolSupplier(str(path))), None)
        except OSError:
            mol = None
    if mol is None:
        raise ConfigError(f"{path}: no readable molecule; give an SDF file with the ligand in the receptor's pocket")
    if not mol.GetNumConformers() or not mol.GetConformer().Is3D():
        raise ConfigError(f"{path}: the ligand has no 3D coordinates; give its pose in the receptor")
    return mol


def receptor_atoms(path: Path) -> NDArray[np.float64]:
    """The positions [n, 3] of a rigid receptor's atoms. Raises ConfigError for a file that is not a receptor in
    PDBQT."""
    try:
        lines = path.read_text().splitlines()
        rows = [line for line in lines if line.startswith(("ATOM", "HETATM"))]
        positions = [[float(line[start : start + 8]) for start in (30, 38, 46)] for line in rows]
    except (OSError, ValueError):
        rows, positions = [], []
    if not rows:
        raise ConfigError(f"{path}: not a receptor in PDBQT format; make one with Meeko's mk_prepare_receptor.py")
    if any(line.startswith("ROOT") for line in lines):
        raise ConfigError(f"{path}: a ligand, not a receptor: it has a ROOT")
    # Columns 78 and 79 hold AutoDock's atom type; a PDB file that was renamed has the element and a charge there.
    if not all(line[70:76].strip() and line[77:79].strip() for line in rows):
        raise ConfigError(f"{path}: atoms without charge and type, a PDB file? Prepare it with mk_prepare_receptor.py")
    return np.array(positions)


def _heavy_atoms(mol: Chem.Mol) -> NDArray[np.float64]:
    positions = np.asarray(mol.GetConformer().GetPositions(), dtype=np.float64)
    return positions[[atom.GetAtomicNum() > 1 for atom in mol.GetAtoms()]]


def _point(values: NDArray[np.float64]) -> Point:
    x, y, z = (round(float(value), 3) for value in values)
    return x, y, z
