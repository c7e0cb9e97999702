"""Similarities agree with RDKit's own, whatever the number of molecules."""

import math

import numpy as np
import pytest
from rdkit.DataStructs import BulkTanimotoSimilarity, ExplicitBitVect

from molgan.chem.fingerprints import ecfp, internal_diversity, murcko_scaffold, nearest, topological_scaffold
from molgan.chem.molecule import parse_all
from molgan.chem.shipped_sets import load_reference


@pytest.fixture(scope="module")
def fingerprints() -> list[ExplicitBitVect]:
    molecules = parse_all(record.smiles for record in load_reference("approved_drugs"))
    return ecfp([molecule.mol for molecule in molecules])


def test_nearest_agrees_with_rdkit(fingerprints: list[ExplicitBitVect]) -> None:
    queries, references = fingerprints[:50], fingerprints[50:] + fingerprints[50:60]
    similarity, index = nearest(queries, references)
    expected = np.array([BulkTanimotoSimilarity(query, references) for query in queries])
    assert np.array_equal(similarity, expected.max(axis=1))
    assert np.array_equal(index, expected.argmax(axis=1))
    assert len(references) > 1024  # more than one block


def test_nearest_of_nothing(fingerprints: list[ExplicitBitVect]) -> None:
    similarity, index = nearest(fingerprints[:2], [])
    assert np.isnan(similarity).all() and list(index) == [-1, -1]
    assert nearest([], fingerprints[:2])[0].shape == (0,)
    empty = ExplicitBitVect(2048)
    assert nearest([empty], [empty])[0] == [0.0]  # as in RDKit


@pytest.mark.parametrize("p", [1, 2])
def test_internal_diversity_is_that_of_all_pairs(fingerprints: list[ExplicitBitVect], p: int) -> None:
    some = fingerprints[:1100]  # more than one block
    pairs = np.array([BulkTanimotoSimilarity(row, some) for row in some])
    assert internal_diversity(some, p) == pytest.approx(1 - (pairs**p).mean() ** (1 / p), abs=1e-12)


def test_internal_diversity_at_its_ends(fingerprints: list[ExplicitBitVect]) -> None:
    assert internal_diversity(fingerprints[:1] * 5) == 0
    assert math.isnan(internal_diversity([]))


def test_scaffold_is_rings_and_linkers_without_stereo() -> None:
    smiles = ["Cc1ccc(CCN2CCC[C@H]2C)cc1", "CCO", "CC(=O)C1CC1=O"]
    scaffolds = [murcko_scaffold(molecule.mol) for molecule in parse_all(smiles)]
    assert scaffolds == ["c1ccc(CCN2CCCC2)cc1", "", "O=C1CC1"]


def test_a_topological_scaffold_is_the_graph_of_rings_and_linkers() -> None:
    smiles = ["Cc1ccc(CCN2CCOCC2)nc1", "CCO"]
    scaffolds = [topological_scaffold(molecule.mol) for molecule in parse_all(smiles)]
    assert scaffolds == ["C1CCC(CCC2CCCCC2)CC1", ""]


def test_an_atom_with_more_neighbours_than_carbon_can_have_leaves_the_murcko_scaffold() -> None:
    (molecule,) = parse_all(["CC1CCCS12(=O)CCCC2"])
    assert topological_scaffold(molecule.mol) == murcko_scaffold(molecule.mol) == "O=S12(CCCC1)CCCC2"
