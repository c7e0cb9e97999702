"""Convert molecules to the graphs that the discriminator reads.

Atoms are nodes and bonds are typed edges in both directions. Stereochemistry, isotopes and radicals are left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from rdkit import Chem
from rdkit.Chem import rdMolDescriptors

from molgan.base.errors import InputError
from molgan.base.parallel import cores, map_chunks
from molgan.base.progress import Progress
from molgan.chem.molecule import Molecule, parse
from molgan.graphs.features.graph_arrays import ATOM_COLUMNS, RELATIONS, GraphArrays, join, offsets

if TYPE_CHECKING:
    from torch_geometric.data import Data

ELEMENTS = ("B", "C", "N", "O", "F", "Si", "P", "S", "Cl", "Br", "I")  # one category more holds all others
LARGEST = 1000  # heavy atoms; larger molecules are refused

_CHUNK = 1000  # molecules held as RDKit objects at a time
_ELEMENT = {Chem.GetPeriodicTable().GetAtomicNumber(symbol): n for n, symbol in enumerate(ELEMENTS)}
_ORDERS = (1.0, 2.0, 3.0, 1.5)  # of RELATIONS, as RDKit's adjacency matrix has them
_AROMATIC = RELATIONS.index("aromatic")


def featurize(molecule: str | Molecule | Chem.Mol) -> Data:
    """One molecule as a PyG graph: `x` long [atoms, columns], `edge_index` long [2, edges], `edge_type` long [edges].

    Columns are ATOM_COLUMNS, edge types RELATIONS. Raises InputError with the reason for an invalid molecule.
    """
    arrays = featurize_all([molecule])
    if arrays.failures:
        raise InputError(f"{molecule if isinstance(molecule, str) else 'molecule'}: {arrays.failures[0]}")
    return arrays.batch()


def featurize_all(
    molecules: Sequence[str | Molecule | Chem.Mol | None], *, workers: int = 1, progress: Progress | None = None
) -> GraphArrays:
    """The graphs of many molecules, one for each, in order; `failures` has the reason for each molecule without one.

    With `workers` above 1, SMILES are spread over spawned processes, which pays above about 10,000 molecules; a calling
    script then needs `if __name__ == "__main__":`.
    """
    texts = all(isinstance(molecule, str | None) for molecule in molecules)
    return join(
        map_chunks(_featurize_chunk, molecules, _CHUNK, min(workers, cores()) if texts else 1, progress=progress)
    )


def _featurize_chunk(molecules: Sequence[str | Molecule | Chem.Mol | None]) -> GraphArrays:
    mols, failures = [], {}
    for n, molecule in enumerate(molecules):
        mol, reason = _read_molecule(molecule)
        mols.append(mol)
        if reason:
            failures[n] = reason
    sizes = np.array([mol.GetNumAtoms() for mol in mols], dtype=np.int64)
    atom_offsets = offsets(sizes)
    edges, relations, edge_counts = _edges(mols)
    first_atom = np.repeat(atom_offsets[:-1], edge_counts)
    atoms = _atoms(mols, atom_offsets)
    atoms[first_atom[relations == _AROMATIC] + edges[relations == _AROMATIC, 1], 3] = 1
    return GraphArrays(atoms, edges, relations, atom_offsets, offsets(edge_counts), failures)


def _read_molecule(molecule: str | Molecule | Chem.Mol | None) -> tuple[Chem.Mol, str | None]:
    """The molecule, or an empty one and the reason."""
    if not isinstance(molecule, Chem.Mol):
        molecule = molecule if isinstance(molecule, Molecule) else parse(molecule, max_heavy_atoms=LARGEST)
        if molecule.mol is None:
            return Chem.Mol(), molecule.reason
        molecule = molecule.mol
    if molecule.GetNumAtoms() == 0:
        return Chem.Mol(), "no atoms"
    if molecule.GetNumAtoms() > LARGEST:
        return Chem.Mol(), f"{molecule.GetNumAtoms()} atoms, at most {LARGEST}"
    return molecule, None


def _atoms(mols: Sequence[Chem.Mol], atom_offsets: np.ndarray) -> np.ndarray:
    """The categories of all atoms, except aromaticity, which follows from the bonds."""
    rows = np.zeros((atom_offsets[-1], len(ATOM_COLUMNS)), np.uint8)
    # One call per molecule hashes each atom's element, charge and hydrogens (the invariants of ECFP, Rogers & Hahn
    # 2010); only one atom of each hash is described, which is ten times faster than describing all.
    hashes = np.array([h for mol in mols for h in rdMolDescriptors.GetConnectivityInvariants(mol)], dtype=np.uint32)
    _, examples, kinds = np.unique(hashes, return_index=True, return_inverse=True)
    described = []
    for position in examples.tolist():
        owner = int(np.searchsorted(atom_offsets, position, side="right")) - 1
        described.append(_describe(mols[owner].GetAtomWithIdx(position - int(atom_offsets[owner]))))
    rows[:, :3] = np.array(described, np.uint8).reshape(-1, 3)[kinds]

    members, sizes = [], []
    for first, mol in zip(atom_offsets.tolist(), mols, strict=False):
        for ring in mol.GetRingInfo().AtomRings():
            members.extend([first + atom for atom in ring])
            sizes.extend([len(ring)] * len(ring))
    smallest = np.full(len(rows), 255)
    np.minimum.at(smallest, np.array(members, np.int64), np.array(sizes, np.int64))
    rows[:, 4] = np.where(smallest == 255, 0, np.minimum(smallest, 8) - 2)
    rows[:, 5] = np.minimum(np.bincount(np.array(members, np.int64), minlength=len(rows)), 3)
    return rows


def _describe(atom: Chem.Atom) -> tuple[int, int, int]:
    element = _ELEMENT.get(atom.GetAtomicNum(), len(ELEMENTS))
    return element, min(max(atom.GetFormalCharge(), -2), 2) + 2, min(atom.GetTotalNumHs(), 4)


def _edges(mols: Sequence[Chem.Mol]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Source and target of all edges in their molecule, their relations, and the number of edges of each molecule."""
    targets, sources, orders, counts = [], [], [], []
    for mol in mols:
        matrix = Chem.GetAdjacencyMatrix(mol, useBO=True)
        target, source = np.nonzero(matrix)
        targets.append(target)
        sources.append(source)
        orders.append(matrix[target, source])
        counts.append(len(target))
    target, source, order = (np.concatenate([np.empty(0), *parts]) for parts in (targets, sources, orders))
    relation = np.select([order == value for value in _ORDERS], range(len(_ORDERS)), default=0)
    molecule = np.repeat(np.arange(len(mols)), counts)
    ascending = np.lexsort((source, relation, target, molecule))
    edges = np.stack([source, target], axis=1).astype(np.int16)
    return edges[ascending], relation[ascending].astype(np.uint8), np.array(counts, dtype=np.int64)
