"""What is equal stays equal when less tells molecules apart."""

import random
from itertools import product
from pathlib import Path

import pytest
from rdkit import Chem

from molgan.chem.molecule import parse
from molgan.chem.shipped_sets import load_reference
from molgan.filters.known.identity import Sameness
from molgan.filters.registry import get_filter

OPTIONS = [Sameness(*chosen) for chosen in product((False, True), repeat=3)]
DRUGS = random.Random(4).sample([record.smiles for record in load_reference("approved_drugs")], 120)
CARNITINE = "C[N+](C)(C)C[C@H](O)CC(=O)[O-]"


def equal(first: str, second: str, **options: bool) -> bool:
    same = Sameness(**options)
    return same.identify(parse(first)) == same.identify(parse(second))


@pytest.mark.parametrize("same", OPTIONS, ids=str)
def test_an_exact_match_is_a_match_with_every_option(same: Sameness) -> None:
    for smiles in [*DRUGS, "Cn1ccnc1S", CARNITINE, "CNC(=O)N[C@@H](C)c1ccccc1"]:
        spelled = Chem.MolToRandomSmilesVect(Chem.MolFromSmiles(smiles), 2, randomSeed=5)
        assert len({same.identify(parse(text)) for text in (smiles, *spelled)}) == 1, smiles


@pytest.mark.parametrize("same", OPTIONS, ids=str)
def test_novel_and_distinct_agree(same: Sameness, tmp_path: Path) -> None:
    pairs = [
        ("[Na]OC(=O)c1ccccc1", "OC(=O)c1ccccc1"),
        (CARNITINE, "C[N+](C)(C)C[C@H](O)CC(=O)O.[Cl-]"),
        ("Cn1ccnc1S", "Cn1cc[nH]c1=S"),
        ("C[C@H](N)C(=O)O", "C[C@@H](N)C(=O)O"),
        ("CCO", "CCN"),
    ]
    options = {"ignore_stereo": same.stereo, "ignore_salts": same.salts, "ignore_tautomers": same.tautomers}
    for known, asked in [*pairs, *(pair[::-1] for pair in pairs)]:
        path = tmp_path / "known.smi"
        path.write_text(known + "\n")
        found = not get_filter("novel", references=str(path), **options)([parse(asked)]).kept[0]
        kept = get_filter("distinct", **options)([parse(known), parse(asked)]).kept
        assert found == (not kept[1]), (known, asked)


def test_a_thiol_beside_an_aromatic_ring_is_mobile_in_every_spelling() -> None:
    for other in ("Sc1nccn1C", "Cn1cc[nH]c1=S"):
        assert equal("Cn1ccnc1S", other, tautomers=True)
    assert not equal("Cn1ccnc1S", "Cn1ccnc1SC", tautomers=True)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (CARNITINE, "C[N+](C)(C)C[C@H](O)CC(=O)O.[Cl-]"),
        ("C[N+](C)(C)CC(=O)[O-]", "C[N+](C)(C)CC(=O)O.[Cl-]"),
        ("[Na]OC(=O)c1ccccc1", "OC(=O)c1ccccc1"),
        ("[NH3+]CC(=O)[O-]", "NCC(=O)O"),
    ],
)
def test_a_salt_is_its_parent(first: str, second: str) -> None:
    assert equal(first, second, salts=True) and not equal(first, second)


def test_groups_with_charges_of_their_own_keep_them() -> None:
    for smiles in ("O=[N+]([O-])c1ccccc1", "[O-][n+]1ccccc1", "CCN=[N+]=[N-]", "C[N+](C)(C)[O-]"):
        assert Sameness(salts=True).identify(parse(smiles)) == parse(smiles).smiles
