"""Keys of parts do not depend on where a tree is rooted, and tell different parts apart."""

import random
from itertools import pairwise

import pytest
from rdkit import Chem

from molgan.chem.fingerprints import murcko_scaffold
from molgan.chem.motifs import cut, reroot, write
from molgan.chem.shipped_sets import load_reference
from molgan.graphs.motif.flat_tree import FlatTree
from molgan.graphs.motif.motif_data import read_tree
from molgan.graphs.motif.tree_change import TreeChange

MOLECULES = [record.smiles for record in load_reference("moses_reference_1000")][:60]


def keys(smiles: str, root: int | None = None) -> FlatTree:
    return FlatTree(cut(Chem.MolFromSmiles(smiles), root))


def test_a_motif_is_written_at_another_atom_as_molecules_have_it_there() -> None:
    for smiles in MOLECULES:
        mol = Chem.MolFromSmiles(smiles)
        trees = [cut(mol, root) for root in range(mol.GetNumAtoms())]
        roots = {tree.smiles for tree in trees}
        written = {reroot(trees[0].smiles, site)[0] for site in range(len(trees[0].smiles)) if site == 0}
        assert written <= roots
        for tree in trees:
            again = reroot(tree.smiles, 0)
            assert again[0] == tree.smiles


def test_keys_do_not_depend_on_the_root() -> None:
    random.seed(0)
    for smiles in MOLECULES:
        atoms = Chem.MolFromSmiles(smiles).GetNumAtoms()
        first = keys(smiles)
        for root in random.sample(range(atoms), 4):
            other = keys(smiles, root)
            assert other.whole == first.whole
            assert other.scaffold == first.scaffold
            assert sorted(other.cuts(12)) == sorted(first.cuts(12))


def test_different_molecules_have_different_keys() -> None:
    wholes = {keys(smiles).whole for smiles in MOLECULES}
    assert len(wholes) == len(MOLECULES)
    pairs = [("Cc1ccccc1C", "Cc1cccc(C)c1"), ("Cc1ccc(O)c(F)c1", "Cc1ccc(F)c(O)c1"), ("OCC", "COC")]
    for one, other in pairs:
        assert keys(one).whole != keys(other).whole


def test_scaffolds_are_those_of_murcko() -> None:
    found: dict[int, set[str]] = {}
    for smiles in MOLECULES:
        found.setdefault(keys(smiles).scaffold, set()).add(murcko_scaffold(Chem.MolFromSmiles(smiles)))
    assert all(len(each) == 1 for each in found.values())
    assert len({text for each in found.values() for text in each}) == len(found)
    assert keys("CCO").scaffold == 0
    assert keys("Cc1ccccc1").scaffold == keys("Oc1ccccc1C").scaffold != 0


def test_a_matched_pair_shares_the_key_of_what_stays() -> None:
    one, other = (list(keys(smiles).cuts(12)) for smiles in ("COc1ccc(C(N)=O)cc1", "CNc1ccc(C(N)=O)cc1"))
    shared = {cut.constant for cut in one} & {cut.constant for cut in other}
    assert [cut.atoms for cut in one if cut.constant in shared] == [2]


@pytest.mark.parametrize(
    ("before", "after", "text"),
    [
        ("COc1ccc(C(N)=O)cc1", "CNc1ccc(C(N)=O)cc1", "[*:1]O[*:2]>>[*:1]N[*:2]"),
        ("Oc1ccc(C(N)=O)cc1", "Nc1ccc(C(N)=O)cc1", "[*:1]O>>[*:1]N"),
        ("c1ccccc1CC(N)=O", "Fc1ccccc1CC(N)=O", "[*:1][H]>>[*:1]F"),
        ("COc1ccc(CC)cc1", "Oc1ccc(CC)c(F)c1", "[*:1]C.[*:2][H]>>[*:1][H].[*:2]F"),
        ("CC1CCN(Cc2ccccc2)CC1", "CC1CCN(Cc2ccncc2)CC1", "[*:1]c1ccccc1>>[*:1]c1ccncc1"),
        ("Cc1ccccc1", "Cc1ccccc1", ""),
        ("Nc1ccc(O)c(F)c1", "Nc1ccc(O)c(Cl)c1", "[*:1]F>>[*:1]Cl"),
        ("Fc1ccc(O)cc1C(=O)NC", "CNC(=O)c1cc(O)ccc1Cl", "[*:1]F>>[*:1]Cl"),
    ],
)
def test_a_change_is_a_transformation(before: str, after: str, text: str) -> None:
    change = TreeChange.between(read_tree(before), read_tree(after))
    assert change.text == text


def test_what_stays_is_the_same_part_of_both_molecules() -> None:
    for one, other in pairwise(MOLECULES):
        trees = read_tree(one), read_tree(other)
        change = TreeChange.between(*trees)
        mols = [Chem.MolFromSmiles(write(tree)) for tree in trees]
        assert len(set(change.common.values())) == len(change.common)
        for a, b in change.common.items():
            first, second = mols[0].GetAtomWithIdx(a), mols[1].GetAtomWithIdx(b)
            assert (first.GetSymbol(), first.GetIsAromatic()) == (second.GetSymbol(), second.GetIsAromatic())
        kept = set(change.common)
        for bond in mols[0].GetBonds():
            ends = bond.GetBeginAtomIdx(), bond.GetEndAtomIdx()
            if kept.issuperset(ends) and bond.IsInRing():
                same = mols[1].GetBondBetweenAtoms(*(change.common[end] for end in ends))
                assert same is not None and same.GetBondType() == bond.GetBondType()
