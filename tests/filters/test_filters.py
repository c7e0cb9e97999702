import math
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas
import pytest
from rdkit.Chem import FilterCatalog
from rdkit.DataStructs import BulkTanimotoSimilarity

from molgan.base.errors import ConfigError
from molgan.chem.fingerprints import ecfp, murcko_scaffold
from molgan.chem.molecule import parse, parse_all
from molgan.chem.plausibility.chemistry_index import ChemistryIndex
from molgan.chem.ring_systems import find_ring_systems
from molgan.chem.shipped_sets import load_reference
from molgan.chem.stereoisomers import count_open_stereo, enumerate_stereoisomers
from molgan.filters.registry import FILTERS, get_filter
from molgan.filters.stages.diversity import cluster_butina
from molgan.scoring.registry import get_scorer

DRUGS = [record.smiles for record in load_reference("approved_drugs")]
MOSES = parse_all(record.smiles for record in load_reference("moses_reference_1000")[:300])
ASPIRIN = "CC(=O)Oc1ccccc1C(=O)O"
ATORVASTATIN = "CC(C)c1c(C(=O)Nc2ccccc2)c(-c2ccccc2)c(-c2ccc(F)cc2)n1CC[C@@H](O)C[C@@H](O)CC(=O)O"


def reason(name: str, smiles: str, **parameters: Any) -> str | None:
    """Why a filter rejects one molecule."""
    return get_filter(name, **parameters)([parse(smiles)]).reasons[0]


@pytest.mark.parametrize("name", FILTERS)
def test_what_is_no_molecule_is_rejected_for_the_parsers_reason(name: str) -> None:
    if name == "nibr":
        pytest.importorskip("medchem")
    parameters = {
        "novel": {"references": "moses_reference_1000"},
        "unlike_known": {"references": "moses_reference_1000"},
        "rings": {"references": "moses_reference_1000"},
        "stereo": {"max": 1},
        "lead_like": {"violations": 1},
        "rule_of_three": {"violations": 2},
        "properties": {"ranges": {"qed": {"min": 0.1}}},
        "substructures": {"forbidden": ["[Xe]"]},
        "score": {"min": 0.5},
        "best": {"n": 1},
        "diverse": {"n": 1},
    }
    molecules = parse_all(["c1ccccc", None, "CC(C)Cc1ccc(cc1)C(C)C(=O)O"])
    table = pandas.DataFrame({"score": [0.9, 0.9, 0.9], "realism": [0.9, 0.9, 0.9]})
    decision = get_filter(name, **parameters.get(name, {}))(molecules, table)
    assert decision.kept.tolist() == [False, False, True]
    assert decision.reasons == [molecules[0].reason, "empty", None]


def test_distinct_keeps_the_first() -> None:
    assert get_filter("distinct")(parse_all(["CCO", "OCC", "C", "C(O)C"])).reasons == [
        None,
        "duplicate",
        None,
        "duplicate",
    ]
    stereo = parse_all(["C[C@H](N)C(=O)O", "C[C@@H](N)C(=O)O"])
    assert get_filter("distinct")(stereo).kept.tolist() == [True, True]
    assert get_filter("distinct", ignore_stereo=True)(stereo).kept.tolist() == [True, False]


def test_structure() -> None:
    assert reason("size", "CCO", min=4) == "fewer than 4 heavy atoms: 3"
    assert reason("size", "CCO", min=1, max=2) == "more than 2 heavy atoms: 3"
    assert reason("size", "[2H]C([2H])[2H]", min=1, max=1) is None
    assert reason("ordinary", "CCO") is None
    assert reason("ordinary", "CC[13CH3]") == "isotope: 13C"
    assert reason("ordinary", "CC[CH2]") == "radical: C"
    assert reason("elements", "C[Se]C[Xe]") == "element not allowed: Se, Xe"
    assert reason("elements", "CF", allowed=["C"]) == "element not allowed: F"
    assert reason("connected", "[Na+].[Cl-]") == "several fragments: 2"


@pytest.mark.parametrize(
    ("name", "parameters", "message"),
    [
        ("lipinsky", {}, "did you mean 'lipinski'"),
        ("size", {"maximum": 3}, "no parameter 'maximum'"),
        ("size", {"min": 5, "max": 4}, "min 5 is above max 4"),
        ("elements", {"allowed": ["C", "Cx"]}, "no element 'Cx'"),
        ("properties", {"ranges": {"qeed": {"min": 0}}}, "did you mean 'qed'"),
        ("properties", {"ranges": {"qed": {}}}, "give min, max or both"),
        ("properties", {}, "'ranges' is missing"),
        ("score", {}, "give min, max or both"),
        ("substructures", {}, "give forbidden, required or both"),
        ("substructures", {"forbidden": {"ring": "c1cc"}}, r"'c1cc' is not SMARTS \(ring\)"),
    ],
)
def test_a_wrong_setting_is_one_line_with_the_mend(name: str, parameters: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message) as caught:
        get_filter(name, **parameters)
    assert "\n" not in str(caught.value)


def test_lipinski_by_its_paper() -> None:
    assert reason("lipinski", ASPIRIN) is None
    assert reason("lipinski", ATORVASTATIN) == "mw above 500: 558.7; logp above 5: 6.314"
    assert reason("lipinski", ATORVASTATIN, violations=2) is None
    # Erythritol's and glucose's hydrogens count one by one, and so do water's both.
    assert reason("lipinski", "OC[C@H]1O[C@@H](O)[C@H](O)[C@@H](O)[C@@H]1O") is None
    assert reason("lipinski", "NCCNCCNCCNCCN") == "nh_and_oh above 5: 7"
    assert reason("lipinski", "COCOCOCOCOCOCOCOCOCOCOC") == "n_and_o above 10: 11"


def test_veber_and_ranges_agree_with_the_scorers() -> None:
    molecules = parse_all(DRUGS[::20])
    bonds, surface, qed = (get_scorer(name)(molecules).values for name in ("rotatable_bonds", "tpsa", "qed"))
    assert get_filter("veber")(molecules).kept.tolist() == ((bonds <= 10) & (surface <= 140)).tolist()
    ranges = {"qed": {"min": 0.5}, "tpsa": {"min": 20, "max": 90}}
    inside = np.c_[qed >= 0.5, (surface >= 20) & (surface <= 90)].sum(axis=1)
    assert get_filter("properties", ranges=ranges)(molecules).kept.tolist() == (inside == 2).tolist()
    assert get_filter("properties", ranges=ranges, violations=1)(molecules).kept.tolist() == (inside >= 1).tolist()


@pytest.mark.parametrize(
    ("name", "inside", "outside", "told"),
    [
        ("egan", ASPIRIN, ATORVASTATIN, "logp above 5.88"),
        ("ghose", ASPIRIN, "CCO", "mw below 160: 46.07; molar_refractivity below 40"),
        ("muegge", "CC(=O)Nc1ccc(OCC(O)CN)cc1", ASPIRIN, "mw below 200"),
        ("lead_like", "CC(=O)Nc1ccc(OCC(O)CNC(C)C)cc1", ASPIRIN, "mw below 250"),
        ("rule_of_three", "CC(=O)Nc1ccccc1", ATORVASTATIN, "mw above 300"),
        ("beyond_rule_of_five", ATORVASTATIN, "C" * 40, "logp above 10"),
    ],
)
def test_rules_by_their_papers(name: str, inside: str, outside: str, told: str) -> None:
    assert reason(name, inside) is None
    assert told in str(reason(name, outside))
    assert reason(name, outside, violations=9) is None


def test_atoms_of_the_ghose_filter_include_hydrogens() -> None:
    # Decane: 10 heavy atoms, 32 atoms.
    assert "atoms" not in str(reason("ghose", "C" * 10))
    assert "atoms above 70: 77" in str(reason("ghose", "C" * 25))


@pytest.mark.parametrize("catalog", ["PAINS_A", "BRENK", "NIH", "ZINC", "CHEMBL_Glaxo", "CHEMBL_LINT"])
def test_a_catalog_has_rdkits_matches(catalog: str) -> None:
    parameters = FilterCatalog.FilterCatalogParams()
    parameters.AddCatalog(getattr(FilterCatalog.FilterCatalogParams.FilterCatalogs, catalog))
    rdkit = FilterCatalog.FilterCatalog(parameters)
    molecules = parse_all(DRUGS[::20])
    names = [sorted(entry.GetDescription() for entry in rdkit.GetMatches(molecule.mol)) for molecule in molecules]
    told = ["; ".join(f"{catalog} {name}" for name in each) or None for each in names]
    assert any(told) and not all(told)
    assert get_filter("alerts", catalogs=[catalog])(molecules).reasons == told


def test_novartis_alerts_need_medchem(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("medchem")
    assert "severity" in str(reason("nibr", "O=[N+]([O-])c1ccc(C=CC(=O)Cl)cc1"))
    assert reason("nibr", ASPIRIN) is None
    monkeypatch.setitem(sys.modules, "medchem.structural", None)
    with pytest.raises(ConfigError, match=r"pip install 'molgan\[medchem\]'"):
        reason("nibr", ASPIRIN)


def test_ring_systems_are_cut_from_what_hangs_on_them() -> None:
    caffeine, biaryl, spiro = "Cn1cnc2c1c(=O)n(C)c(=O)n2C", "c1ccccc1-c1ccn(C)c1", "CC1CCC2(CC1)OCCO2"
    assert find_ring_systems(parse(caffeine).mol) == ["O=c1[nH]c(=O)c2[nH]cnc2[nH]1"]
    assert find_ring_systems(parse(biaryl).mol) == ["c1ccccc1", "c1cc[nH]c1"]
    assert find_ring_systems(parse(spiro).mol) == ["C1CCC2(CC1)OCCO2"]
    assert find_ring_systems(parse("C[C@H]1C[C@@H](O)C[N+]1(C)C").mol) == ["C1CC[NH2+]C1"]
    assert find_ring_systems(parse("CCO").mol) == []


def test_a_ring_system_that_the_references_lack_is_named(tmp_path: Path) -> None:
    (tmp_path / "known.smi").write_text("Cc1ccccc1\nCCc1ccccc1\nC1CCNCC1\nnonsense\n")
    known = {"references": str(tmp_path / "known.smi")}
    assert reason("rings", "OCc1ccccc1CN1CCCCC1", **known) is None
    assert reason("rings", "OCc1ccccc1", min_count=2, **known) is None
    assert reason("rings", "CN1CCCCC1", min_count=2, **known) == "rare ring system: C1CCNCC1, in 1 references"
    assert reason("rings", "OCc1ccccc1C1CCC1", **known) == "unknown ring system: C1CCC1"
    assert get_filter("rings", **known)(parse_all(["CN1CCCCC1"])).kept.all(), "from the cache"


def test_what_no_chemist_would_believe_is_named(tmp_path: Path) -> None:
    ChemistryIndex.of(["Cc1ccccc1", "CCc1ccccc1", "C1CCNCC1", "CCO", "OO", "c1ccncc1"]).save(tmp_path / "own.npz")
    known = {"index": str(tmp_path / "own.npz")}
    assert reason("plausible", "Cc1ccccc1", **known) is None
    assert reason("plausible", "Cc1ccccc1", ring_count=4, **known) == "rare ring system: c1ccccc1, in 2 of the index"
    assert reason("plausible", "C1CCC1", **known) == "unknown ring system: C1CCC1"
    assert reason("plausible", "c1ccnnc1", **known) == "unknown ring system: c1ccnnc1"
    assert reason("plausible", "CCCO", **known) == "unknown atom environment: [CH2](-C)(-C)"
    assert reason("plausible", "OO", **known) == "suspicious: peroxide"
    assert reason("plausible", "OO", suspicious=False, **known) is None
    assert reason("plausible", "CCO") is None, "the index of molgan"
    with pytest.raises(ConfigError, match="novel_rings"):
        get_filter("plausible", novel_rings=3)


def test_stereo_left_open_is_counted_and_spelled_out() -> None:
    half = "C[C@H](O)C=CC(N)C"
    assert count_open_stereo(parse(half).mol) == (1, 1)
    assert reason("stereo", half) == "more than 0 stereo elements left open: 1 centres, 1 double bonds"
    assert reason("stereo", half, max=1, bonds=False) is None
    assert reason("stereo", "C[C@H](O)CC") is None
    isomers = list(enumerate_stereoisomers(parse(half)))
    assert len({one.smiles for one in isomers}) == 4
    assert all(one.valid and count_open_stereo(one.mol) == (0, 0) for one in isomers)
    assert len(list(enumerate_stereoisomers(parse(half), most=2))) == 2
    assert [one.smiles for one in enumerate_stereoisomers(parse("CCO"))] == ["CCO"]


def test_realism_is_the_critics() -> None:
    molecules = parse_all(["C", "CC", "CCC"])
    table = pandas.DataFrame({"realism": [0.2, math.nan, 0.5]})
    assert get_filter("realism")(molecules, table).reasons == [
        "realism below 0.5: 0.2",
        "no realism: not judged by the critic",
        None,
    ]


def test_alerts_are_named() -> None:
    assert reason("pains", "O=C1NC(=S)SC1=Cc1ccccc1") == "ene_rhod_A(235)"
    assert "nitro_group" in str(reason("brenk", "O=[N+]([O-])c1ccccc1"))
    assert reason("pains", ASPIRIN) is None
    assert reason("substructures", ASPIRIN, forbidden={"acid": "C(=O)[OH]"}) == "has acid"
    assert reason("substructures", ASPIRIN, forbidden=["[N+]", "c1ccccc1"]) == "has c1ccccc1"
    assert reason("substructures", ASPIRIN, required={"amide": "C(=O)N"}) == "lacks amide"


def test_score_threshold_and_best() -> None:
    molecules = parse_all(["C", "CC", "CCC", "CCCC"])
    table = pandas.DataFrame({"score": [0.2, math.nan, 0.8, 0.8], "sa": [1.0, 2.0, 3.0, 4.0]})
    assert get_filter("score", min=0.5)(molecules, table).reasons == [
        "score below 0.5: 0.2",
        "no score: not scored",
        None,
        None,
    ]
    assert get_filter("score", column="sa", max=3)(molecules, table).reasons[3] == "sa above 3: 4"
    best = get_filter("best", n=1)(molecules, table)
    assert best.reasons == ["not among the 1 best: 0.2", "no score: not scored", None, "not among the 1 best: 0.8"]
    assert get_filter("best", n=4)(molecules, table).kept.tolist() == [True, False, True, True]
    assert get_filter("best", n=1, column="sa", lowest=True)(molecules, table).kept.tolist() == [True, *[False] * 3]
    with pytest.raises(ConfigError, match="did you mean 'score'"):
        get_filter("score", column="scor", min=0)(molecules, table)
    with pytest.raises(ConfigError, match="no column of scores for filter 'score'"):
        get_filter("score", min=0)(molecules)


@pytest.fixture(scope="module")
def similarity() -> np.ndarray:
    """Tanimoto similarities of MOSES [300, 300], 0 on the diagonal."""
    fingerprints = ecfp([molecule.mol for molecule in MOSES])
    table = np.array([BulkTanimotoSimilarity(one, fingerprints) for one in fingerprints])
    return table * (1 - np.eye(len(table)))


def test_maxmin_is_more_diverse_than_the_first_ones_and_starts_at_the_best(similarity: np.ndarray) -> None:
    values = np.zeros(len(MOSES))
    values[123] = 1.0
    kept = get_filter("diverse", n=30, column="score")(MOSES, pandas.DataFrame({"score": values})).kept
    assert kept.sum() == 30 and kept[123]
    assert similarity[kept][:, kept].max() < similarity[:30, :30].max()
    assert get_filter("diverse", n=len(MOSES))(MOSES).kept.all()


def test_sphere_exclusion_separates_what_it_keeps_and_covers_the_rest(similarity: np.ndarray) -> None:
    values = np.random.default_rng(1).random(len(MOSES))
    decision = get_filter("dissimilar", similarity=0.4, column="score")(MOSES, pandas.DataFrame({"score": values}))
    kept, rest = decision.kept, np.flatnonzero(~decision.kept)
    assert len(rest) > 10
    assert similarity[kept][:, kept].max() < 0.4
    for i in rest:
        assert similarity[i, kept & (values > values[i])].max() >= 0.4
        assert str(decision.reasons[i]).startswith("similar to one kept: 0.")


def test_clusters_keep_their_best(similarity: np.ndarray) -> None:
    values = np.random.default_rng(2).random(len(MOSES))
    table = pandas.DataFrame({"score": values})
    decision = get_filter("clusters", similarity=0.35, most=1, column="score")(MOSES, table)
    centre = np.array(cluster_butina(ecfp([molecule.mol for molecule in MOSES]), 0.35))
    assert 0 < (~decision.kept).sum() < len(MOSES)
    for one in set(centre.tolist()):
        members = np.flatnonzero(centre == one)
        assert np.flatnonzero(decision.kept[members]).tolist() == [int(values[members].argmax())]
        assert all(similarity[one, i] >= 0.35 for i in members if i != one)
    centres = sorted(set(centre.tolist()))
    assert similarity[centres][:, centres].max() < 0.35
    assert str(decision.reasons[int(np.flatnonzero(~decision.kept)[0])]).startswith("1 of its cluster already: ")


def test_a_scaffold_keeps_its_best() -> None:
    molecules = parse_all(["c1ccccc1C", "c1ccccc1CC", "c1ccccc1CCC", "C1CCCCC1", "CCO", "CCCO"])
    table = pandas.DataFrame({"score": [0.1, 0.9, math.nan, 0.5, 0.2, 0.3]})
    decision = get_filter("scaffolds", most=1, column="score")(molecules, table)
    assert decision.kept.tolist() == [False, True, False, True, False, True]
    assert decision.reasons[0] == f"1 of its scaffold already: {murcko_scaffold(molecules[0].mol)}"
    assert get_filter("scaffolds", most=1)(molecules).kept.tolist() == [True, False, False, True, True, False]
