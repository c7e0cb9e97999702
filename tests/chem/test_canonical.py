"""One molecule is one text, however it is written, where RDKit's canonical SMILES depends on the spelling."""

import pytest
from rdkit import Chem

from molgan.chem.molecule import parse
from molgan.chem.shipped_sets import load_reference
from molgan.evaluation.metrics import evaluate
from molgan.filters.registry import get_filter

BISPHTHALIMIDE = "O=C(c1ccccc1C(=O)N1C(=O)c2ccccc2C1=O)N1C(=O)c2ccccc2C1=O"
UNSTABLE = {
    "two halves": BISPHTHALIMIDE,
    "a spiro ring": "COC(=O)CC[C@@H](C)[C@H]1CC[C@H]2[C@H]3[C@H](CC[C@@]21C)[C@@]1(C)CC[C@]2(C[C@H]1C[C@H]3OC(C)=O)"
    "OOC1(CC[C@@H](C)CC1)OO2",
    "a cyclobutane": "C[Si](C)(C)OC(=O)C1[C@H](c2ccc(O[Si](C)(C)C)cc2)[C@@H](C(=O)O[Si](C)(C)C)[C@H]1"
    "c1ccc(O[Si](C)(C)C)cc1",
    "a cage": "[C@H]12[C@H]3[C@@H]4[C@H]5[C@@H]([C@H]1N24)N53",
}


def spellings(smiles: str, count: int) -> list[str]:
    return list(Chem.MolToRandomSmilesVect(Chem.MolFromSmiles(smiles), count, randomSeed=7))


@pytest.mark.parametrize("smiles", UNSTABLE.values(), ids=UNSTABLE)
def test_rdkits_text_depends_on_the_spelling_and_ours_does_not(smiles: str) -> None:
    assert len({Chem.CanonSmiles(text) for text in spellings(smiles, 30)}) > 1
    (text,) = {parse(text).smiles for text in spellings(smiles, 30)}
    assert parse(text).smiles == text


@pytest.mark.parametrize("smiles", UNSTABLE.values(), ids=UNSTABLE)
def test_rdkit_writes_the_text_of_the_molecule(smiles: str) -> None:
    molecule = parse(smiles)
    assert Chem.MolToSmiles(molecule.mol) == molecule.smiles


def test_the_text_of_drugs_is_rdkits() -> None:
    drugs = [record.smiles for record in load_reference("approved_drugs")]
    assert [parse(text).smiles for text in drugs] == [Chem.CanonSmiles(text) for text in drugs]


def test_such_a_molecule_is_one_for_filters_and_metrics(tmp_path) -> None:
    both = [BISPHTHALIMIDE, Chem.CanonSmiles(BISPHTHALIMIDE)]
    assert get_filter("distinct")([parse(text) for text in both]).kept.tolist() == [True, False]
    assert evaluate(both, train=None, test=None, test_scaffolds=None)["unique@1000"] == 0.5
    for known, asked in (both, both[::-1]):
        path = tmp_path / "known.smi"
        path.write_text(known + "\n")
        assert not get_filter("novel", references=str(path))([parse(asked)]).kept.any()
