from pathlib import Path

import numpy as np
import pandas
import pytest
from rdkit import Chem
from rdkit.DataStructs import BulkTanimotoSimilarity

from molgan.base.errors import ConfigError, InputError
from molgan.chem.fingerprints import ecfp
from molgan.chem.molecule import parse, parse_all
from molgan.chem.shipped_sets import load_reference
from molgan.filters.known import reference_set as references
from molgan.filters.known.neighbours import Neighbours
from molgan.filters.known.reference_set import ReferenceSet
from molgan.filters.stages.novelty import Novel, Unlike

DRUGS = [record.smiles for record in load_reference("approved_drugs")]
MOSES = [record.smiles for record in load_reference("moses_reference_1000")]


@pytest.fixture
def company(tmp_path: Path) -> Path:
    """A file of SMILES in spellings that are not canonical, with a row that is no molecule."""
    lines = [Chem.MolToSmiles(Chem.MolFromSmiles(smiles), doRandom=True, canonical=False) for smiles in DRUGS[:300]]
    kekulised = [Chem.MolToSmiles(Chem.MolFromSmiles(s), kekuleSmiles=True) for s in DRUGS[300:400]]
    path = tmp_path / "company.csv"
    path.write_text("id,SMILES\n" + "".join(f"{i},{s}\n" for i, s in enumerate([*lines, "c1ccccc", *kekulised])))
    return path


def test_a_reference_is_caught_in_any_spelling(company: Path) -> None:
    decision = Novel(references=[str(company)])(parse_all([*DRUGS[:400], *MOSES[:100]]))
    assert decision.kept.tolist() == [False] * 400 + [True] * 100
    assert str(decision.reasons[0]).startswith("in company: ")


def test_sets_are_named_in_the_reason(company: Path) -> None:
    novel = Novel(references=["moses_reference_1000", str(company)])
    one, other, none = novel(parse_all([MOSES[0], DRUGS[0], "CCCCCCCCCCCCCCCCCCCCO"])).reasons
    assert str(one).startswith("in moses_reference_1000: ") and str(other).startswith("in company: ") and none is None


def test_stereo_counts_unless_it_is_ignored(tmp_path: Path) -> None:
    path = tmp_path / "known.smi"
    path.write_text("N[C@@H](C)C(=O)O\nCC=CC\n[2H]OC\n")
    candidates = parse_all(["C[C@H](N)C(=O)O", "C[C@@H](N)C(=O)O", "CC(N)C(=O)O", "C/C=C/C", "CC=CC", "CO"])
    exact, flat = (Novel(references=str(path), ignore_stereo=ignore) for ignore in (False, True))
    assert exact(candidates).kept.tolist() == [False, True, True, True, False, True]
    assert flat(candidates).kept.tolist() == [False, False, False, False, False, True]


def test_charges_hydrogens_and_bond_orders_tell_molecules_of_one_skeleton_apart(tmp_path: Path) -> None:
    path = tmp_path / "known.smi"
    path.write_text("C1CCCCC1\nCC(=O)[O-]\n")
    candidates = parse_all(["c1ccccc1", "C1=CCCCC1", "CC(=O)O", "CC([O-])=O", "C1CCCCC1"])
    assert ReferenceSet.load(str(path)).find(candidates) == [None, None, None, "CC(=O)[O-]", "C1CCCCC1"]


def test_a_salt_of_a_known_molecule_is_known_if_salts_are_ignored(tmp_path: Path) -> None:
    path = tmp_path / "known.smi"
    path.write_text("CC(=O)[O-].[Na+]\nC[NH2+]C.[Cl-]\nCCO\n")
    candidates = parse_all(["CC(=O)O", "CNC", "OCC.Cl", "CC(=O)[O-].[Na+]", "CCN.Cl"])
    exact, parents = (Novel(references=str(path), ignore_salts=ignore) for ignore in (False, True))
    assert exact(candidates).kept.tolist() == [True, True, True, False, True]
    assert parents(candidates).kept.tolist() == [False, False, False, False, True]
    assert parents(candidates).reasons[1] == "in known: C[NH2+]C.[Cl-]"


def test_a_tautomer_of_a_known_molecule_is_known_if_tautomers_are_ignored(tmp_path: Path) -> None:
    path = tmp_path / "known.smi"
    path.write_text("O=c1cccc[nH]1\nCC(=O)CC(C)=O\nC[C@H](N)c1cnc[nH]1\n")
    candidates = parse_all(["Oc1ccccn1", "CC(O)=CC(C)=O", "C[C@H](N)c1c[nH]cn1", "Oc1cccnc1", "CC(=O)CCC=O"])
    exact, loose = (Novel(references=str(path), ignore_tautomers=ignore) for ignore in (False, True))
    assert exact(candidates).kept.all()
    assert loose(candidates).kept.tolist() == [False, False, False, True, True]
    other = parse_all(["C[C@@H](N)c1c[nH]cn1"])
    assert loose(other).kept.all()
    assert not Novel(references=str(path), ignore_tautomers=True, ignore_stereo=True)(other).kept.any()


def test_a_file_is_read_once(company: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = ReferenceSet.load(str(company))
    monkeypatch.setattr(references, "read_smiles", lambda *_, **__: pytest.fail("read again"))
    again = ReferenceSet.load(str(company))
    assert [again.smiles(row) for row in range(len(again))] == [first.smiles(row) for row in range(len(first))]
    assert len(again) == 401


def test_an_edited_file_and_a_damaged_cache_are_read_again(company: Path, tmp_path: Path) -> None:
    candidate = parse_all(["CCCCCCCCCCCCCCCCCCCCO"])
    assert Novel(references=[str(company)])(candidate).kept.all()
    with company.open("a") as file:
        file.write("402,OCCCCCCCCCCCCCCCCCCCC\n")
    assert not Novel(references=[str(company)])(candidate).kept.any()
    for entry in (tmp_path / "cache").rglob("*.npy"):
        entry.write_bytes(entry.read_bytes()[:100])
    assert not Novel(references=[str(company)])(candidate).kept.any()


def test_a_cache_that_cannot_be_written_costs_time_only(company: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOLGAN_CACHE", str(company / "not_a_folder"))
    assert not Novel(references=[str(company)])(parse_all(DRUGS[:5])).kept.any()


def test_what_is_no_reference_set_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="did you mean 'approved_drugs'"):
        Novel(references=["aproved_drugs"])
    with pytest.raises(ConfigError, match=r"missing\.smi: no such file"):
        Novel(references=["missing.smi"])
    with pytest.raises(ConfigError, match="'references' is missing"):
        Novel()
    (tmp_path / "table.csv").write_text("a,b\n1,2\n")
    with pytest.raises(InputError, match="no SMILES column"):
        Novel(references=[str(tmp_path / "table.csv")])(parse_all(["CCO"]))


def test_the_nearest_neighbour_is_the_nearest_of_all_sets(tmp_path: Path) -> None:
    known = DRUGS[:200] + MOSES[:200]
    for name, smiles in (("drugs", DRUGS[:200]), ("moses", [*MOSES[:200], "c1ccccc"])):
        (tmp_path / f"{name}.smi").write_text("\n".join(smiles))
    sets = [ReferenceSet.load(str(tmp_path / f"{name}.smi")) for name in ("drugs", "moses")]
    queries = [DRUGS[7], MOSES[3], MOSES[500], MOSES[600], DRUGS[500]]
    found = Neighbours(sets)([parse(smiles).mol for smiles in queries])
    assert [(near.reference, near.similarity) for near in found[:2]] == [("drugs", 1.0), ("moses", 1.0)]
    fingerprints = ecfp([parse(smiles).mol for smiles in known])
    for query, near in zip(queries, found, strict=True):
        similarities = BulkTanimotoSimilarity(ecfp([parse(query).mol])[0], fingerprints)
        assert near.similarity == pytest.approx(max(similarities))
        assert similarities[known.index(near.smiles)] == max(similarities)


def test_neighbours_come_from_the_cache_the_second_time(monkeypatch: pytest.MonkeyPatch) -> None:
    mol = parse(MOSES[0]).mol
    first = Neighbours([ReferenceSet.load("approved_drugs")], sample=500)([mol])
    monkeypatch.setattr("molgan.filters.known.neighbours.parse", lambda *_: pytest.fail("parsed again"))
    assert Neighbours([ReferenceSet.load("approved_drugs")], sample=500)([mol]) == first


def test_without_references_there_is_no_neighbour() -> None:
    (near,) = Neighbours([])([parse("CCO").mol])
    assert np.isnan(near.similarity) and near.smiles == near.reference == ""


def test_molecules_like_known_ones_are_rejected() -> None:
    decision = Unlike(references="moses_reference_1000", similarity=0.6)(
        parse_all([MOSES[0], "CCCCCCCCCCCCC[Si](C)(C)C#N"])
    )
    assert decision.kept.tolist() == [False, True]
    assert str(decision.reasons[0]).startswith("like one in moses_reference_1000: 1.00 to ")


def test_smiles_are_references_as_their_file_is(tmp_path: Path) -> None:
    known = [*DRUGS[:40], "C(C)O", "C/C=C/C", "[Na+].CC(=O)[O-]", "C" * 300]
    (tmp_path / "known.smi").write_text("\n".join(known))
    candidates = parse_all(["OCC", "C/C=C\\C", "CC(=O)O", "C" * 300, *DRUGS[20:60], "c1cc"])
    for options in ({}, {"ignore_stereo": True}, {"ignore_salts": True}):
        given, from_file = (Novel(references=each, **options) for each in (known, str(tmp_path / "known.smi")))
        decision, expected = given(candidates), from_file(candidates)
        assert decision.kept.tolist() == expected.kept.tolist()
        assert [str(why).replace("in references:", "in known:") for why in decision.reasons] == [
            str(why) for why in expected.reasons
        ]
    given, from_file = (Unlike(references=each) for each in (known, str(tmp_path / "known.smi")))
    assert given(candidates).kept.tolist() == from_file(candidates).kept.tolist()


def test_references_may_be_a_column_of_molecules_and_mixed_with_files(tmp_path: Path) -> None:
    (tmp_path / "known.smi").write_text("CCN\n")
    column = pandas.Series(["OCC", Chem.MolFromSmiles("c1ccccc1"), str(tmp_path / "known.smi")], dtype=object)
    decision = Novel(references=column)(parse_all(["CCO", "NCC", "C1=CC=CC=C1", "CCC"]))
    assert decision.reasons == ["in references: OCC", "in known: CCN", "in references: c1ccccc1", None]
    with pytest.raises(ConfigError, match="references"):
        Novel(references=[None])
