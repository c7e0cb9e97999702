"""Plausibility: invariants of the index and the check, and what the rules find."""

import random
from pathlib import Path

import numpy as np
import pytest
from rdkit import Chem

from molgan.base.errors import InputError
from molgan.chem.molecule import parse
from molgan.chem.plausibility.chemistry_index import ChemistryIndex
from molgan.chem.plausibility.count_table import CountTable
from molgan.chem.plausibility.dienes import has_carbocyclic_diene
from molgan.chem.plausibility.environments import find_environments, find_hetero_bonds
from molgan.chem.plausibility.isosteres import replace_atoms
from molgan.chem.plausibility.plausible import (
    PlausibilityCheck,
    PlausibilitySettings,
    SearchPlausibilitySettings,
)
from molgan.chem.plausibility.strain import STRAINED, find_ring_strain, find_trans_rings
from molgan.chem.plausibility.suspicious import _GROUPS, SUSPICIOUS, find_suspicious
from molgan.chem.ring_systems import find_ring_systems
from molgan.chem.shipped_sets import load_reference
from molgan.chem.smarts import read_smarts

DRUGS = [record.smiles for record in load_reference("approved_drugs")][::12]
ODD = ["C1=CC=C1C(O)N", "FOc1ccccc1", "FN(F)C#CF", "C1=C2CN=C(C)C2=C1", "O=C1N2CC2C1", "C1CC2=CC1CC2", "OO", "C"]


@pytest.fixture(scope="module")
def index() -> ChemistryIndex:
    return ChemistryIndex.of(DRUGS[::2])


def spell(smiles: str, seed: int) -> Chem.Mol:
    """The molecule with its atoms in a random order, from a random spelling."""
    mol = Chem.MolFromSmiles(smiles)
    order = list(range(mol.GetNumAtoms()))
    random.Random(seed).shuffle(order)
    shuffled = Chem.RenumberAtoms(mol, order)
    return Chem.MolFromSmiles(Chem.MolToSmiles(shuffled, canonical=False, rootedAtAtom=0))


def check(index: ChemistryIndex, smiles: str, **settings: object) -> str | None:
    mol = parse(smiles).mol
    assert mol is not None
    return PlausibilityCheck(PlausibilitySettings.model_validate(settings), index)(mol)


# Invariants


@pytest.mark.parametrize("novel_rings", [0, 1])
def test_the_spelling_makes_no_difference(index: ChemistryIndex, novel_rings: int) -> None:
    judge = PlausibilityCheck(PlausibilitySettings(novel_rings=novel_rings), index)
    reasons = {}
    for smiles in DRUGS[1::8] + ODD:
        reasons[smiles] = judge(Chem.MolFromSmiles(smiles))
        assert {judge(spell(smiles, seed)) for seed in range(3)} == {reasons[smiles]}, smiles
    assert None in reasons.values() and len(set(reasons.values())) > 5


def test_what_an_index_was_made_of_passes(index: ChemistryIndex) -> None:
    settings = PlausibilitySettings(strained_count=1, suspicious=False)
    assert {PlausibilityCheck(settings, index)(Chem.MolFromSmiles(smiles)) for smiles in DRUGS[::2]} == {None}
    assert {PlausibilityCheck(settings, ChemistryIndex.of(ODD))(Chem.MolFromSmiles(text)) for text in ODD} == {None}


def test_two_halves_make_the_whole(index: ChemistryIndex) -> None:
    half, other = DRUGS[::4], DRUGS[2::4]
    both = ChemistryIndex.of(half).merge(ChemistryIndex.of([*other, "not a molecule"]))
    assert both.identity == index.identity
    assert both.molecules == index.molecules == len(half) + len(other)


def test_several_processes_count_the_same(monkeypatch: pytest.MonkeyPatch, index: ChemistryIndex) -> None:
    monkeypatch.setattr("molgan.chem.plausibility.chemistry_index._CHUNK", 30)
    assert ChemistryIndex.of(iter(DRUGS[::2]), 2).identity == index.identity


def test_a_file_gives_back_the_index(index: ChemistryIndex, tmp_path: Path) -> None:
    index.save(tmp_path / "index.npz")
    loaded = ChemistryIndex.load(tmp_path / "index.npz")
    assert (loaded.identity, loaded.molecules, loaded.least) == (index.identity, index.molecules, 1)
    (tmp_path / "other.npz").write_bytes(b"PK\x03\x04")
    for wrong in ("other.npz", "missing.npz"):
        with pytest.raises(InputError, match=r"not an index of chemistry .*prepare_chemistry"):
            ChemistryIndex.load(tmp_path / wrong)


def test_pruning_leaves_what_is_common(index: ChemistryIndex) -> None:
    pruned = index.prune(3)
    assert pruned.least == 3
    for name in index.tables:
        before, after = getattr(index, name), getattr(pruned, name)
        assert (after.counts >= 3).all() and len(after.keys) < max(1, len(before.keys))
        assert (before.look_up(after.keys) == after.counts).all()


def test_counts_are_those_of_molecules() -> None:
    index = ChemistryIndex.of(["c1ccccc1-c1ccccc1", "Cc1ccccc1", "C1CCCCC1"])
    assert index.rings.look_up_texts(["c1ccccc1", "C1CCCCC1", "c1ccncc1"]).tolist() == [2, 1, 0]
    assert index.rings.most == 2
    assert CountTable.of([]).look_up(np.array([3], np.uint32)).tolist() == [0]


# What texts say


def test_environments_tell_a_hemiaminal_from_an_acetal() -> None:
    assert "[CH](-C)(-N)(-OH)" in find_environments(Chem.MolFromSmiles("CC(O)N(C)C"))
    assert "[CH](-C)(-N)(-O)" in find_environments(Chem.MolFromSmiles("CC(OC)N(C)C"))
    assert "[n;R](-C)(:c)(:c)" in find_environments(Chem.MolFromSmiles("Cn1cccc1"))


def test_bonds_between_heteroatoms() -> None:
    assert find_hetero_bonds(Chem.MolFromSmiles("CC(=O)NO")) == ["NH(-C')-OH"]
    assert find_hetero_bonds(Chem.MolFromSmiles("C1CON1C")) == ["N(-C)(-C)-@O(-C)"]
    assert find_hetero_bonds(Chem.MolFromSmiles("CCO")) == []


# Reasons


@pytest.mark.parametrize(
    ("smiles", "reason"),
    [
        ("C1=CC=C1C", "unknown ring system: C1=CC=C1"),
        ("CCOF", "unknown bond: F-O(-C)"),
        ("CCCC", None),
        ("CC(C)(C)I", "unknown atom environment: [C](-C)(-C)(-C)(-I)"),
    ],
)
def test_reasons_say_what_is_unknown(index: ChemistryIndex, smiles: str, reason: str | None) -> None:
    assert check(index, smiles) == reason


def test_rare_is_said_with_the_count() -> None:
    index = ChemistryIndex.of(["c1ccccc1", "C1CC1", "Cc1ccccc1"])
    assert check(index, "C1CC1", ring_count=2) == "rare ring system: C1CC1, in 1 of the index"
    assert check(index, "c1ccccc1", ring_count=2) is None


def test_strained_rings_pass_only_where_they_are_common() -> None:
    index = ChemistryIndex.of(["C1=CC=C1", "C1=CC=CC1"])
    assert check(index, "C1=CC=C1", strained_count=2, suspicious=False) == "strained: cyclobutadiene, in C1=CC=C1"
    assert check(index, "C1=CC=C1", strained_count=1, suspicious=False) is None
    assert check(index, "C1=CC=CC1") == "suspicious: cyclopentadiene"


def test_carbocyclic_dienes_have_to_be_common_in_searches() -> None:
    index = ChemistryIndex.of(["C1=CC=CCC1", "C1=CCCCC1", "C1=CC=CC=CC1"] * 3)
    assert check(index, "C1=CC=CCC1") is None
    assert check(index, "C1=CC=CCC1", diene_count=4) == "rare carbocyclic diene: C1=CCCC=C1, in 3 of the index"
    assert check(index, "C1=CCCCC1", diene_count=4) is None
    assert SearchPlausibilitySettings().diene_count > SearchPlausibilitySettings().ring_count


@pytest.mark.parametrize(
    "ring", ["C1=CCC=CC1", "C1=CC=CC=CC1", "C1=CC=CC1", "c1ccc2c(c1)C=CC=CC2", "C1=CCC2=C(C1)CCCC2"]
)
def test_dienes(ring: str) -> None:
    assert has_carbocyclic_diene(ring)


@pytest.mark.parametrize(
    "ring",
    ["c1ccccc1", "O=C1C=CC(=O)C=C1", "C1=Cc2ccccc2C1", "C1=CNC=CC1", "O=C1C=CCCC1", "C1=CCCCC1", "C1=CCCCCCCC=CCC1"],
)
def test_what_is_no_carbocyclic_diene(ring: str) -> None:
    assert not has_carbocyclic_diene(ring)


def test_new_ring_systems_come_by_isosteres() -> None:
    index = ChemistryIndex.of(["c1ccc2ccccc2c1", "c1ccncc1"])
    settings = {"environment_count": 0}
    assert check(index, "c1ccc2ncccc2c1", **settings) == "unknown ring system: c1ccc2ncccc2c1"
    assert check(index, "c1ccc2ncccc2c1", novel_rings=1, **settings) is None
    assert check(index, "c1cnc2ncccc2c1", novel_rings=1, **settings) is not None
    assert check(index, "c1cnc2ncccc2c1", novel_rings=2, **settings) is None
    assert check(index, "C1CCOC1", novel_rings=2, **settings) is not None


def test_isosteres_are_mutual() -> None:
    for ring in ["c1ccccc1", "c1cc[nH]c1", "C1CCNCC1", "O=C1CCCN1", "c1ccc2[nH]cnc2c1"]:
        others = replace_atoms(ring)
        assert others and all(ring in replace_atoms(other) for other in others), ring


# Rules without data


@pytest.mark.parametrize(
    ("smiles", "name"),
    [
        ("C1=CC=C1", "cyclobutadiene"),
        ("C1=Cc2ccccc21", "cyclobutadiene"),
        ("C1=CC2=CC=CC2=C1", "pentalene"),
        ("O=C1C=CC=C1", "cyclopentadienone"),
        ("C1=CO1", "oxirene, thiirene or 1H-azirine"),
        ("C1=CC1", "double bond in a three-membered ring"),
        ("C1#CCCCC1", "alkyne in a ring of 6"),
        ("C1=C=CCCC1", "allene in a ring of 6"),
        ("C1=C2CCC(C1)C2", "double bond at a bridgehead"),
        ("C1=C2CCCC(C1)C2", "double bond at a bridgehead"),
    ],
)
def test_strained_rings_are_named(smiles: str, name: str) -> None:
    (ring,) = find_ring_systems(Chem.MolFromSmiles(smiles))
    assert name in find_ring_strain(ring)


@pytest.mark.parametrize(
    "smiles",
    [
        "c1ccc2[nH]ccc2c1",  # indole
        "C1CCC2=CCCCC2C1",  # octalin
        "C1=CC2CCC1C2",  # norbornene
        "C1=C2CCCCC(CC1)C2",  # bicyclo[4.3.1]: the larger ring has room
        "c1ccc2c(c1)-c1ccccc1-2",  # biphenylene
        "C1=CC=CC=CC=C1",
        "c1ccc2c(c1)CC2",
        "C1=CC2=C(C1)CCC2",
        "c1nc2c([nH]1)CCC2",
    ],
)
def test_rings_that_can_be_made_are_not_strained(smiles: str) -> None:
    (ring,) = find_ring_systems(Chem.MolFromSmiles(smiles))
    assert find_ring_strain(ring) == ()


def test_trans_in_a_ring_of_eight() -> None:
    assert find_trans_rings(Chem.MolFromSmiles("C1CCC/C=C/CC1")) == ["C1=CCCCCCC1"]
    assert find_trans_rings(Chem.MolFromSmiles("C1CCC/C=C\\CC1")) == []
    assert find_trans_rings(Chem.MolFromSmiles("C1CCCCC/C=C/CCCC1")) == []


def test_no_approved_drug_is_strained() -> None:
    drugs = [record.smiles for record in load_reference("approved_drugs")]
    rings = {ring for smiles in drugs for ring in find_ring_systems(Chem.MolFromSmiles(smiles))}
    assert [ring for ring in rings if find_ring_strain(ring)] == []


@pytest.mark.parametrize(
    ("smiles", "name"),
    [
        ("Fc1ccccc1OF", "hypofluorite"),
        ("CN(C)F", "N-fluoro"),
        ("CN(C)Cl", "N-halogen"),
        ("CN(C)S", "N-SH"),
        ("COOC", "peroxide"),
        ("CC(O)NC", "hemiaminal"),
        ("CNCNC", "aminal"),
        ("CC(O)O", "gem-diol"),
        ("CC=C(C)O", "enol"),
        ("CC(=O)N1CC1", "acyl aziridine"),
        ("CS(=O)(=O)N1CC1", "sulfonyl aziridine"),
        ("CC#CF", "fluoroalkyne"),
        ("C1=NSC1", "thiazete"),
        ("CN[SH5]", "S-H of a higher valence"),
    ],
)
def test_suspicious_groups_are_named(smiles: str, name: str) -> None:
    assert name in find_suspicious(Chem.MolFromSmiles(smiles))


@pytest.mark.parametrize(
    "smiles",
    [
        "CC(=O)Nc1ccc(O)cc1",
        "CC(=O)C=C(C)O",
        "CCN(CC)CCOC(C)=O",
        "NS(=O)(=O)c1cc2c(cc1Cl)NCNS2(=O)=O",
        "CC1(C)OCC(CO)O1",
        "CC(=O)NO",
        "OC1OC(CO)C(O)C(O)C1O",
        "C1CN1",
        "CC#C",
    ],
)
def test_common_groups_are_not_suspicious(smiles: str) -> None:
    assert find_suspicious(Chem.MolFromSmiles(smiles)) == []


def test_the_pattern_before_a_group_hides_none_of_it() -> None:
    patterns = {name: read_smarts(text) for name, text in SUSPICIOUS.items()}
    assert len(SUSPICIOUS) == sum(map(len, _GROUPS.values())) and len(STRAINED) == 5
    texts = [*DRUGS[::3], *ODD, "CN[SH5]", "CP", "N=N", "CC=N", "C1=NSC1", "C1=CSC1", "C=C=O", "C=C(C)S", "NC(C)Cl"]
    for mol in map(Chem.MolFromSmiles, texts):
        assert find_suspicious(mol) == [name for name in SUSPICIOUS if mol.HasSubstructMatch(patterns[name])]
