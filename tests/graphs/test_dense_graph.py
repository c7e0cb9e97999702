from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rdkit import Chem

from molgan.graphs.dense.dense_graph import QM9_ATOMS, DenseGraphs, decode, encode

QM9 = (Path(__file__).parent / "qm9.smi").read_text().split()  # 200 molecules, 60 of them charged


def flat(smiles: str) -> str:
    """Canonical SMILES without stereochemistry."""
    return Chem.CanonSmiles(Chem.CanonSmiles(smiles, useChiral=0))


def test_molecules_of_qm9_come_back_as_they_were():
    graphs = encode(QM9, max_atoms=9)
    assert graphs.failures == {}
    assert [molecule.smiles for molecule in decode(graphs)] == [flat(smiles) for smiles in QM9]


@pytest.mark.parametrize(
    "smiles, reason",
    [
        ("C1CC", "not a SMILES: unclosed ring"),
        (None, "empty"),
        ("C.C", "2 fragments"),
        ("CCCCCCCCCC", "10 atoms, at most 9"),
        ("CS", "atom type S not among C N O F N+ O- N- C-"),
        ("[13CH4]", "isotope"),
        ("C[CH]C", "hydrogens that valence does not imply"),
        ("C[CH2+]", "atom type C+ not among C N O F N+ O- N- C-"),
        ("[H][H]", "atom type H not among C N O F N+ O- N- C-"),
    ],
)
def test_what_would_not_come_back_is_refused_with_the_reason(smiles, reason):
    graphs = encode(["CO", smiles], max_atoms=9)
    assert graphs.failures == {1: reason}
    assert graphs.valid.tolist() == [True, False]
    assert not graphs.nodes[1].any() and not graphs.bonds[1].any()


@pytest.mark.parametrize(
    "nodes, bonds, reason",
    [
        ([0, 0, 0], [], "no atoms"),
        ([1, 1, 0], [], "2 fragments"),
        ([1, 0, 1], [(0, 1, 1), (1, 0, 1)], "bond to a position without an atom"),
        ([1, 1, 0], [(0, 1, 1)], "bonds are not symmetric"),
        ([1, 1, 0], [(0, 1, 1), (1, 0, 2)], "bonds are not symmetric"),
        ([1, 0, 0], [(0, 0, 1)], "an atom bound to itself"),
        ([4, 1, 0], [(0, 1, 2), (1, 0, 2)], "Explicit valence for atom # 0 F, 2, is greater than permitted"),
    ],
)
def test_matrices_that_are_no_molecule_have_a_reason_and_nothing_is_repaired(nodes, bonds, reason):
    matrix = np.zeros((1, 3, 3), np.uint8)
    for i, j, order in bonds:
        matrix[0, i, j] = order
    (molecule,) = decode(DenseGraphs(np.array([nodes], np.uint8), matrix, QM9_ATOMS))
    assert (molecule.smiles, molecule.reason) == (None, reason)


def test_positions_without_an_atom_may_stand_anywhere():
    graphs = encode(["CC#N", "O"], max_atoms=3)
    order = [1, 3, 0, 2]  # the new place of each old one, of four
    nodes, bonds = np.zeros((2, 4), np.uint8), np.zeros((2, 4, 4), np.uint8)
    nodes[:, order[:3]] = graphs.nodes
    bonds[:, np.array(order[:3])[:, None], order[:3]] = graphs.bonds
    assert [m.smiles for m in decode(DenseGraphs(nodes, bonds, QM9_ATOMS))] == ["CC#N", "O"]


def test_graphs_in_another_order_are_told_from_those_of_their_smiles():
    graphs = encode(["CCO", "CCN"], max_atoms=3)
    swapped = [2, 1, 0]
    nodes, bonds = np.array(graphs.nodes), np.array(graphs.bonds)
    nodes[1], bonds[1] = nodes[1][swapped], bonds[1][swapped][:, swapped]
    other = DenseGraphs(nodes, bonds, QM9_ATOMS)
    assert [m.smiles for m in decode(other)] == ["CCO", "CCN"]
    assert graphs.same_as(other).tolist() == [True, False]
    whole = encode([flat(smiles) for smiles in QM9], max_atoms=9)
    assert whole.same_as(encode([m.smiles or "" for m in decode(whole)], max_atoms=9)).all()


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_whatever_matrices_say_they_are_a_molecule_that_comes_back_or_have_a_reason(seed):
    rng = np.random.default_rng(seed)
    nodes = rng.integers(0, 1 + len(QM9_ATOMS), (1, 4), dtype=np.uint8)
    bonds = np.triu(rng.choice(4, (1, 4, 4), p=[0.55, 0.3, 0.1, 0.05]), 1).astype(np.uint8)
    (molecule,) = decode(DenseGraphs(nodes, bonds + bonds.transpose(0, 2, 1), QM9_ATOMS))
    assert (molecule.smiles is None) == bool(molecule.reason)
    if molecule.smiles:
        assert molecule.is_connected and molecule.mol.GetNumAtoms() == (nodes > 0).sum()
        assert decode(encode([molecule], max_atoms=4))[0].smiles == molecule.smiles


def test_one_hot_has_one_category_for_each_position_and_pair():
    nodes, bonds = encode(["CC#N"], max_atoms=4).one_hot()
    assert nodes.argmax(-1).tolist() == [[1, 1, 2, 0]] and nodes.shape == (1, 4, 9)
    assert bonds.argmax(-1).tolist() == [[[0, 1, 0, 0], [1, 0, 3, 0], [0, 3, 0, 0], [0, 0, 0, 0]]]
    assert (nodes.sum(-1) == 1).all() and (bonds.sum(-1) == 1).all() and bonds.shape == (1, 4, 4, 4)
