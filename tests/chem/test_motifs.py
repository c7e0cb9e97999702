"""The motif cut: exact, canonical, valid whichever atom is the root."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rdkit import Chem

from molgan.chem.motifs import Motif, cut, write
from molgan.chem.shipped_sets import load_reference
from molgan.chem.templates import parents, template

MOLECULES = [record.smiles for record in load_reference("moses_reference_1000")]

TRICKY = {
    "sulfonamide": "CS(=O)(=O)Nc1ccccc1",
    "sulfoxide": "CS(C)=O",
    "nitro": "O=[N+]([O-])c1ccccc1",
    "N-oxide": "[O-][n+]1ccccc1",
    "betaine": "C[N+](C)(C)CC(=O)[O-]",
    "phosphonate": "CCOP(=O)(OCC)C",
    "N-aryl pyrrole": "c1ccc(-n2cccc2)cc1",
    "biphenylene": "c1ccc2c(c1)-c1ccccc1-2",
    "boronic acid": "OB(O)c1ccccc1",
    "silane": "C[Si](C)(C)C#C",
    "imidazolium": "Cn1cc[n+](C)c1",
    "methane": "C",
    "adamantane": "C1C2CC3CC1CC(C2)C3",
    "many rings": "C1CC1C1CC1C1CC1C1CC1C1CC1C1CC1C1CC1C1CC1C1CC1C1CC1C1CC1",
}


def canonical(smiles: str) -> str:
    return Chem.MolToSmiles(Chem.MolFromSmiles(smiles))


@pytest.mark.parametrize("smiles", TRICKY.values(), ids=TRICKY)
def test_a_molecule_comes_back_from_each_of_its_roots(smiles: str) -> None:
    mol = Chem.MolFromSmiles(smiles)
    for root in [None, *range(mol.GetNumAtoms())]:
        assert canonical(write(cut(mol, root))) == canonical(smiles)


def test_drug_like_molecules_come_back() -> None:
    assert [canonical(write(cut(Chem.MolFromSmiles(s)))) for s in MOLECULES] == [canonical(s) for s in MOLECULES]


@given(st.sampled_from([*MOLECULES, "Cc1c(Cl)ccc(S(=O)(=O)NCC(C)O)c1Cl"]), st.randoms())
@settings(max_examples=100, deadline=None)
def test_the_tree_does_not_depend_on_the_order_of_atoms(smiles: str, rng: random.Random) -> None:
    mol = Chem.MolFromSmiles(smiles)
    order = list(range(mol.GetNumAtoms()))
    rng.shuffle(order)
    assert cut(Chem.RenumberAtoms(mol, order)) == cut(mol)


def test_what_is_cut_and_what_stays_whole() -> None:
    tree = cut(Chem.MolFromSmiles("CS(=O)(=O)c1ccc([N+](=O)[O-])cc1"))
    assert tree == Motif("C", ((0, Motif("[SH2](=O)=O", ((0, Motif("c1ccccc1", ((3, Motif("[NH+](=O)[O-]")),))),))),))


def test_a_template_counts_the_hydrogens_that_can_be_replaced() -> None:
    assert template("[SH2](=O)=O").capacity == (2, 0, 0)
    assert template("c1c[nH]cn1").capacity == (1, 1, 1, 1, 0)
    assert template("[nH]1cccc1").symbols[0] == ("[nH]", "[n]")
    assert parents("C1CC(N)(O)C1=O") == [-1, 0, 1, 2, 2, 2, 5]


def test_a_motif_that_is_no_molecule_is_refused() -> None:
    with pytest.raises(ValueError, match="not a molecule"):
        template("C(C)(C)(C)(C)C")
