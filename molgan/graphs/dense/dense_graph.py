"""Molecules as dense matrices of one size, for one-shot generators of small molecules, and the strict way back.

Bonds are in Kekulé form, so that valence implies every hydrogen; with aromatic bonds, as in MolGAN's own data, pyrrole
would lose its hydrogen. Stereochemistry is not kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from rdkit import Chem, rdBase

from molgan.chem.molecule import Molecule, parse

if TYPE_CHECKING:
    from torch import Tensor

BONDS = (None, Chem.BondType.SINGLE, Chem.BondType.DOUBLE, Chem.BondType.TRIPLE)
_ORDERS = BONDS[1:]
QM9_ATOMS = ("C", "N", "O", "F", "N+", "O-", "N-", "C-")


@dataclass(frozen=True, slots=True, eq=False)
class DenseGraphs:
    """M molecules of at most n atoms, in order.

    A molecule that could not be represented has no atoms, and `failures` has the reason.
    """

    nodes: np.ndarray  # uint8 [M, n]: 0 no atom, k the k-th of `atoms`
    bonds: np.ndarray  # uint8 [M, n, n], symmetric: 0 no bond, else the order
    atoms: tuple[str, ...]  # element and charge of each atom type: C, N+, O-
    failures: dict[int, str] = field(default_factory=dict)  # index of a molecule -> reason

    def __len__(self) -> int:
        return len(self.nodes)

    @property
    def valid(self) -> np.ndarray:
        """bool [M]: True where the molecule is represented."""
        return np.asarray(self.nodes.any(axis=1))

    def same_as(self, others: DenseGraphs) -> np.ndarray:
        """bool [M]: True where atoms and bonds are the same at the same positions."""
        same_nodes = (self.nodes == others.nodes).all(axis=1)
        return np.asarray(same_nodes & (self.bonds == others.bonds).all(axis=(1, 2)))

    def one_hot(self) -> tuple[Tensor, Tensor]:
        """MolGAN's X float32 [M, n, 1 + len(atoms)] and A float32 [M, n, n, 4]."""
        import torch
        from torch.nn.functional import one_hot

        nodes = one_hot(torch.from_numpy(self.nodes.astype(np.int64)), 1 + len(self.atoms))
        bonds = one_hot(torch.from_numpy(self.bonds.astype(np.int64)), len(BONDS))
        return nodes.float(), bonds.float()


def encode(
    molecules: Sequence[str | Molecule | None], *, max_atoms: int, atoms: tuple[str, ...] = QM9_ATOMS
) -> DenseGraphs:
    """Dense graphs of the molecules, in order. `failures` has the reason for each molecule that decoding would
    change."""
    nodes = np.zeros((len(molecules), max_atoms), np.uint8)
    bonds = np.zeros((len(molecules), max_atoms, max_atoms), np.uint8)
    failures = {}
    types = {name: n for n, name in enumerate(atoms, start=1)}
    for n, given in enumerate(molecules):
        molecule = given if isinstance(given, Molecule) else parse(given)
        reason = molecule.reason if molecule.mol is None else _write(molecule.mol, types, nodes[n], bonds[n])
        if reason:
            failures[n] = reason
            nodes[n], bonds[n] = 0, 0
    return DenseGraphs(nodes, bonds, atoms, failures)


def decode(graphs: DenseGraphs) -> list[Molecule]:
    """The molecules, in order: each connected and sanitised, or with a reason. Nothing is repaired.

    Positions without an atom may stand anywhere, but no bond may lead to one.
    """
    with rdBase.BlockLogs():
        return [_read(nodes, bonds, graphs.atoms) for nodes, bonds in zip(graphs.nodes, graphs.bonds, strict=True)]


def _write(mol: Chem.Mol, types: dict[str, int], nodes: np.ndarray, bonds: np.ndarray) -> str | None:
    """Fill one row of nodes and bonds; the reason where the molecule cannot be represented."""
    if mol.GetNumAtoms() > len(nodes):
        return f"{mol.GetNumAtoms()} atoms, at most {len(nodes)}"
    kekule = Chem.Mol(mol)
    Chem.Kekulize(kekule, clearAromaticFlags=True)
    for atom in kekule.GetAtoms():
        if atom.GetIsotope():
            return "isotope"
        if _name(atom) not in types:
            return f"atom type {_name(atom)} not among {' '.join(types)}"
        nodes[atom.GetIdx()] = types[_name(atom)]
    for bond in kekule.GetBonds():
        if bond.GetBondType() not in BONDS:
            return f"{str(bond.GetBondType()).lower()} bond"
        i, j = bond.GetBeginAtomIdx(), bond.GetEndAtomIdx()
        bonds[i, j] = bonds[j, i] = BONDS.index(bond.GetBondType())
    read = _build(nodes, bonds, tuple(types))
    if isinstance(read, str):
        return read
    # Elements, charges and bonds are the same by construction; a radical or an unusual valence shows in the hydrogens.
    same = all(a.GetTotalNumHs() == b.GetTotalNumHs() for a, b in zip(mol.GetAtoms(), read.GetAtoms(), strict=True))
    return None if same else "hydrogens that valence does not imply"


def _read(nodes: np.ndarray, bonds: np.ndarray, atoms: tuple[str, ...]) -> Molecule:
    mol = _build(nodes, bonds, atoms)
    return Molecule("", None, None, mol) if isinstance(mol, str) else parse(Chem.MolToSmiles(mol))


def _build(nodes: np.ndarray, bonds: np.ndarray, atoms: tuple[str, ...]) -> Chem.Mol | str:
    """The sanitised molecule, its atoms in the order of the nodes, or the reason why the graph is invalid."""
    if not nodes.any():
        return "no atoms"
    if (bonds != bonds.T).any() or bonds.diagonal().any():
        return "bonds are not symmetric" if bonds.diagonal().sum() == 0 else "an atom bound to itself"
    if bonds[nodes == 0].any():
        return "bond to a position without an atom"
    mol, position = Chem.RWMol(), {}
    for n in np.flatnonzero(nodes).tolist():
        position[n] = mol.AddAtom(make_atom(atoms[nodes[n] - 1]))
    for i, j in np.argwhere(np.triu(bonds)).tolist():
        mol.AddBond(position[i], position[j], _ORDERS[bonds[i, j] - 1])
    fragments = len(Chem.GetMolFrags(mol))
    if fragments > 1:
        return f"{fragments} fragments"
    problems = Chem.DetectChemistryProblems(mol)
    if problems:
        return str(problems[0].Message()).partition("\n")[0]
    Chem.SanitizeMol(mol)
    return mol


def _name(atom: Chem.Atom) -> str:
    charge = atom.GetFormalCharge()
    sign = "+" if charge > 0 else "-"
    return atom.GetSymbol() + sign * (charge != 0) + str(abs(charge)) * (abs(charge) > 1)


def make_atom(name: str) -> Chem.Atom:
    """The atom of an element with its charge: C, N+, O-."""
    symbol = name.rstrip("+-0123456789")
    atom = Chem.Atom(symbol)
    charge = name[len(symbol) :]
    if charge:
        atom.SetFormalCharge(int(charge[0] + (charge[1:] or "1")))
    return atom
