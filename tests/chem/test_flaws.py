"""Flaws of a molecule: counted as often as their SMARTS match, and strain as in the molecule's ring systems."""

from collections import Counter

import pytest
from rdkit import Chem

from molgan.chem.plausibility.flaws import LINKS, count_flaws, count_links
from molgan.chem.plausibility.strain import count_strain, find_ring_strain
from molgan.chem.plausibility.suspicious import SUSPICIOUS, count_suspicious, find_suspicious
from molgan.chem.ring_systems import find_ring_systems
from molgan.chem.shipped_sets import load_reference
from molgan.chem.smarts import read_smarts

DRUGS = [record.smiles for record in load_reference("approved_drugs")][::9]
ODD = [
    "C1=CC=C1C(O)N", "FN(F)C#CF", "C1=C2CN=C(C)C2=C1", "O=C1N2CC2C1", "C1CC2=CC1CC2", "C1=CC2=CC=CC2=C1", "C1#CCCCC1",
    "C1=C2CCC1CC2", "C12=CCC1CC2", "C1=C2CCCC2C1", "C1=C=CCCC1", "C1=CC1C1=CC1", "OC(O)C(O)O", "CCCC",
]  # fmt: skip


@pytest.mark.parametrize("smiles", DRUGS + ODD)
def test_strain_is_that_of_the_ring_systems(smiles: str) -> None:
    mol = Chem.MolFromSmiles(smiles)
    assert set(count_strain(mol)) == {name for ring in find_ring_systems(mol) for name in find_ring_strain(ring)}


def test_groups_count_as_often_as_they_match() -> None:
    for smiles in DRUGS + ODD:
        mol = Chem.MolFromSmiles(smiles)
        hits = {name: len(mol.GetSubstructMatches(read_smarts(smarts))) for name, smarts in SUSPICIOUS.items()}
        assert count_suspicious(mol) == Counter({name: count for name, count in hits.items() if count})
        assert list(count_suspicious(mol)) == find_suspicious(mol)


def test_flaws_tell_their_kind_and_how_often() -> None:
    assert count_flaws(Chem.MolFromSmiles("FOCCOF.C1=CC1")) == {
        "suspicious: hypofluorite": 2,
        "strained: double bond in a three-membered ring": 1,
    }
    assert not count_flaws(Chem.MolFromSmiles("CC(=O)Nc1ccc(O)cc1"))
    assert count_flaws(Chem.MolFromSmiles("C1CCC/C=C/CC1")) == {"strained: trans double bond": 1}


@pytest.mark.parametrize(
    ("smiles", "links", "in_rings"),
    [
        ("CNNC(C)=O", {"N-N bond": 1}, {}),
        ("CC(=O)NO", {"N-O bond": 1}, {}),
        ("CSSC", {"S-S bond": 1}, {}),
        ("CS(=O)(=O)OC", {"S-O bond": 1}, {}),
        ("CS(=O)(=O)F", {"S-F bond": 1}, {}),
        ("Cc1cc(C)on1", {}, {}),
        ("CC(C)=NOC", {}, {}),
        ("CS(=O)(=O)Nc1cc[nH]n1", {}, {}),
        ("C[N+](=O)[O-]", {}, {}),
        ("C1CNNC1", {}, {"N-N bond": 1}),
        ("C1CNOC1", {}, {"N-O bond": 1}),
        ("C1CNSC1", {}, {"N-S bond": 1}),
    ],
)
def test_links_are_single_bonds_of_heteroatoms(smiles: str, links: dict[str, int], in_rings: dict[str, int]) -> None:
    mol = Chem.MolFromSmiles(smiles)
    assert count_links(mol, in_rings=False) == links
    assert count_links(mol, in_rings=True) == links | in_rings
    assert {*links, *in_rings} <= set(LINKS)
