"""Moves on motif trees: whatever they make is a valid molecule within its size, and re-rooting changes nothing."""

import gzip
from functools import cache
from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from rdkit import Chem

from molgan.chem.motifs import write
from molgan.graphs.motif.trees import atoms, nodes
from molgan.training.design.genetic import Motifs, crossover, edit_motif, reroot

DRUGS = Path(__file__).parents[2] / "molgan" / "data" / "approved_drugs.csv.gz"
MOTIFS = Motifs(["C", "O", "N", "C=O", "c1ccccc1", "[nH]1cccc1", "C1CCNCC1", "F", "C#N", "O=[SH2]=O"])
MOST = 45

seeds = st.integers(0, 2**32 - 1)


@cache
def molecules() -> list[Chem.Mol]:
    """Drugs without stereo, salts and what is large."""
    with gzip.open(DRUGS, "rt") as file:
        texts = [line.strip().split(",")[0] for line in file][1:800]
    mols = [Chem.MolFromSmiles(text) for text in texts if "." not in text]
    flat = []
    for mol in mols:
        if mol is not None and 1 < mol.GetNumAtoms() <= MOST:
            Chem.RemoveStereochemistry(mol)
            flat.append(Chem.MolFromSmiles(Chem.MolToSmiles(mol)))
    return flat


drugs = st.integers(0, 400).map(lambda i: molecules()[i])


def is_whole(smiles: str) -> bool:
    mol = Chem.MolFromSmiles(smiles)
    return mol is not None and "." not in smiles and mol.GetNumAtoms() <= MOST


@settings(deadline=None, max_examples=60)
@given(drugs, seeds)
def test_a_tree_from_another_root_is_the_same_molecule(mol: Chem.Mol, seed: int) -> None:
    tree = reroot(mol, np.random.default_rng(seed))
    assert Chem.CanonSmiles(write(tree)) == Chem.MolToSmiles(mol)
    assert atoms(tree) == mol.GetNumAtoms()


@settings(deadline=None, max_examples=60)
@given(drugs, drugs, seeds)
def test_a_crossover_is_a_molecule_of_both(one: Chem.Mol, other: Chem.Mol, seed: int) -> None:
    rng = np.random.default_rng(seed)
    tree, donor = reroot(one, rng), reroot(other, rng)
    child = crossover(tree, donor, rng, max_atoms=MOST)
    if child is not None:
        assert is_whole(write(child))
        known = {node.smiles for parent in (tree, donor) for _, node in nodes(parent)}
        assert {node.smiles for _, node in nodes(child)} <= known


@settings(deadline=None, max_examples=60)
@given(drugs, seeds)
def test_an_edit_is_a_molecule(mol: Chem.Mol, seed: int) -> None:
    rng = np.random.default_rng(seed)
    tree = reroot(mol, rng)
    child = edit_motif(tree, MOTIFS, rng, max_atoms=MOST)
    if child is not None:
        assert is_whole(write(child))


def test_moves_reach_what_a_chemist_would_try() -> None:
    toluene, ethanolamine, rng = Chem.MolFromSmiles("Cc1ccccc1"), Chem.MolFromSmiles("NCCO"), np.random.default_rng(0)
    edits = [edit_motif(reroot(toluene, rng), MOTIFS, rng, max_atoms=9) for _ in range(2000)]
    found = {Chem.CanonSmiles(write(child)) for child in edits if child is not None}
    assert {"Fc1ccccc1", "COc1ccccc1", "c1ccccc1", "CC1CCNCC1", "CCc1ccccc1", "Cc1ccccc1F"} <= found
    crosses = [crossover(reroot(toluene, rng), reroot(ethanolamine, rng), rng, max_atoms=9) for _ in range(400)]
    assert {"Nc1ccccc1", "Oc1ccccc1", "NCc1ccccc1"} <= {Chem.CanonSmiles(write(one)) for one in crosses if one}
