"""Similarity, substructures, reactions, formulas, alerts, likenesses."""

import gzip
import importlib.util
import math
from pathlib import Path

import pytest
from rdkit import Chem, RDConfig
from rdkit.Chem import FilterCatalog

from molgan.base.errors import ConfigError
from molgan.scoring.registry import SCORERS, get_scorer

ASPIRIN, SALICYLIC, PHENOL, HEXANE = "CC(=O)Oc1ccccc1C(=O)O", "O=C(O)c1ccccc1O", "Oc1ccccc1", "CCCCCC"
ODD = (Path(__file__).parent / "odd.smi").read_text().split()


def values(scorer, given, /, **parameters):
    scores = get_scorer(scorer, **parameters)(given)
    assert not any(scores.errors), scores.errors
    return scores.values.tolist()


@pytest.mark.parametrize("metric", ["tanimoto", "dice", "cosine", "tversky"])
@pytest.mark.parametrize("counts", [False, True])
@pytest.mark.parametrize("fingerprint", ["ecfp", "fcfp", "atom_pair", "torsion", "rdkit", "maccs"])
def test_the_like_are_more_similar(fingerprint, counts, metric):
    parameters = {"fingerprint": fingerprint, "counts": counts, "metric": metric}
    if fingerprint == "maccs" and counts:
        with pytest.raises(ConfigError, match="MACCS keys have no counts"):
            get_scorer("similarity", smiles=[ASPIRIN], **parameters)
        return
    same, like, unlike = values("similarity", [ASPIRIN, SALICYLIC, HEXANE], smiles=[ASPIRIN], **parameters)
    assert same == pytest.approx(1)
    assert 1 > like > unlike >= 0


def test_counts_tell_chains_apart_and_bits_do_not():
    long, longer = "C" * 12, "C" * 16
    assert values("similarity", [long], smiles=[longer])[0] == 1
    assert values("similarity", [long], smiles=[longer], counts=True)[0] < 1


def test_tversky_weighs_what_either_lacks():
    within = values("similarity", [PHENOL], smiles=[SALICYLIC], metric="tversky", alpha=1, beta=0)[0]
    around = values("similarity", [SALICYLIC], smiles=[PHENOL], metric="tversky", alpha=1, beta=0)[0]
    assert within > around


def test_the_domain_is_the_nearest_of_a_file(tmp_path):
    training = tmp_path / "training.smi"
    training.write_text(f"{ASPIRIN}\n{HEXANE}\nbroken(\n")
    same, like = values("applicability_domain", [ASPIRIN, SALICYLIC], training=training)
    assert same == 1 > like == values("similarity", [SALICYLIC], smiles=[ASPIRIN])[0]
    mean = values("applicability_domain", [ASPIRIN], training=training, neighbours=2)[0]
    assert mean == pytest.approx(0.5, abs=0.1)
    with pytest.raises(ConfigError, match="no such file"):
        get_scorer("applicability_domain", training=tmp_path / "none.smi")


@pytest.mark.parametrize("mark", ["*", "[*:1]", "[1*]"])
def test_the_stereo_of_a_core_counts_however_its_marks_are_written(mark):
    enantiomers = ["CC[C@H](N)C(=O)O", "CC[C@@H](N)C(=O)O"]
    found = [values("core", enantiomers, core=f"{mark}C[C{at}H](N)C(=O)O", chirality=True) for at in ("@", "@@")]
    assert sorted(found) == [[0, 1], [1, 0]]


@pytest.mark.parametrize(
    ("scorer", "parameters", "wanted"),
    [
        ("substructure", {"smarts": ["[H]C(=O)[#6]"]}, [1, 0]),
        ("substructure", {"smarts": "[$([H]C)]=O"}, [1, 0]),
        ("group_count", {"smarts": "[H]C(=O)[#6]"}, [1, 0]),
        ("custom_alerts", {"smarts": {"aldehyde": "[H]C(=O)[#6]"}}, [1, 0]),
        ("custom_alerts", {"smarts": "[H]C(=O)[#6]"}, [1, 0]),
        ("reaction", {"reactions": "[H][C:1](=[O:2])[C:3]>>[C:1]=[O:2].[C:3]"}, [1, 0]),
    ],
)
def test_hydrogens_of_a_pattern_match_those_of_a_molecule(scorer, parameters, wanted):
    assert values(scorer, ["CC=O", "CC(C)=O"], **parameters) == wanted


def test_a_single_text_is_a_list_of_one():
    assert values("similarity", [ASPIRIN], smiles=ASPIRIN) == [1]
    assert values("matched_pair", [PHENOL], smiles="Nc1ccccc1", max_share=0.5) == [1]


@pytest.mark.parametrize("wrong", [{"alpha": 1.5}, {"beta": math.nan}, {"alpha": math.inf}, {"alpha": 0, "beta": 0}])
def test_tversky_weights_are_shares(wrong):
    with pytest.raises(ConfigError, match=r"alpha|beta"):
        get_scorer("similarity", smiles=[ASPIRIN], metric="tversky", **wrong)


def test_groups_are_counted_and_alerts_named():
    assert values("group_count", [ASPIRIN, HEXANE], smarts="C=O") == [2, 0]
    scorer = get_scorer("custom_alerts", smarts={"acid": "C(=O)[OH]", "ester": "C(=O)Oc"})
    scores = scorer([ASPIRIN, SALICYLIC, HEXANE])
    assert scores.values.tolist() == [1, 1, 0]
    assert scores.notes == ["acid; ester", "acid", None]


@pytest.mark.parametrize(
    ("core", "smiles", "kept"),
    [
        ("c1ccccc1O", ASPIRIN, 1),
        ("c1ccccc1N", ASPIRIN, 0),
        ("*c1ccccc1O*", ASPIRIN, 1),
        ("*c1ccccc1O", ASPIRIN, 0),
        ("*c1ccccc1O", SALICYLIC, 1),
        ("*c1ccccc1O", PHENOL, 1),
        ("*c1cccc(*)c1O", SALICYLIC, 1),
        ("[*:1]c1cccc([*:2])c1O", SALICYLIC, 1),
        ("[*:1]c1ccccc1O", ASPIRIN, 0),
        ("[1*]c1ccccc1O", SALICYLIC, 1),
        ("[*:1]-[c,n]1ccccc1O", SALICYLIC, 1),
        ("[H]C(=O)[#6]", "CC=O", 1),
        ("[H]C(=O)[#6]", "CC(C)=O", 0),
        ("Oc1ccccc1", "Oc1ccc2ccccc2c1", 1),
        ("*Oc1ccccc1", "Oc1ccc2ccccc2c1", 0),
    ],
)
def test_a_core_is_changed_at_its_marks_only(core, smiles, kept):
    assert values("core", [smiles], core=core) == [kept]


AMIDE = "[C:1](=[O:2])[N:3]>>[C:1](=[O:2])[OH].[N:3]"


@pytest.mark.parametrize(
    ("reaction", "written"),
    [(AMIDE, "disconnection"), ("[C:1](=[O:2])[OH].[N:3]>>[C:1](=[O:2])[N:3]", "synthesis")],
)
def test_a_reaction_could_make_it(reaction, written):
    scores = get_scorer("reaction", reactions=[reaction], written=written)(["CC(=O)NC", HEXANE])
    assert scores.values.tolist() == [1, 0]
    assert scores.notes == ["CC(=O)O.CN", None]


@pytest.mark.parametrize("text", ["", "C>>", "nonsense", "[C:1]>>[C:2](("])
def test_what_is_no_reaction_is_refused(text):
    with pytest.raises(ConfigError, match="is not reaction SMARTS"):
        get_scorer("reaction", reactions=[text])


def test_isomers_of_a_formula():
    undecane, decane = "C" * 11, "C" * 10
    exact, near = values("isomer", [undecane, decane], formula="C11H24")
    # One carbon, two hydrogens and three atoms fewer.
    assert (exact, near) == (1, pytest.approx(math.exp(-(1 + 4 + 9 / 4) / 6)))
    for wrong in ("", "c11", "C11Xx2", "11"):
        with pytest.raises(ConfigError):
            get_scorer("isomer", formula=wrong)


def test_np_likeness_is_that_of_rdkit():
    folder = Path(RDConfig.RDContribDir) / "NP_Score"
    spec = importlib.util.spec_from_file_location("npscorer", folder / "npscorer.py")
    npscorer = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(npscorer)
    with gzip.open(folder / "publicnp.model.gz") as file:
        model = npscorer.pickle.load(file)
    expected = [npscorer.scoreMol(Chem.MolFromSmiles(smiles), model) for smiles in ODD]
    assert values("np_likeness", ODD) == pytest.approx(expected, abs=1e-9)


def test_catalogs_are_those_of_rdkit():
    parameters = FilterCatalog.FilterCatalogParams()
    parameters.AddCatalog(FilterCatalog.FilterCatalogParams.FilterCatalogs.NIH)
    catalog = FilterCatalog.FilterCatalog(parameters)
    expected = [float(catalog.HasMatch(Chem.MolFromSmiles(smiles))) for smiles in ODD]
    assert values("catalog_alerts", ODD, catalogs=["NIH"]) == expected
    assert 0 < sum(expected) < len(expected)


@pytest.mark.parametrize(
    ("smiles", "parameters", "pair"),
    [
        ("Clc1ccc(-c2ccccc2)cc1", {}, 1),
        ("Fc1ccc(-c2ccccc2)cc1", {}, 0),
        ("Fc1ccc(-c2ccncc2)cc1", {}, 0),
        ("Fc1ccc(-c2ccncc2)cc1", {"max_share": 0.5}, 1),
        ("Clc1cccc(-c2ccccc2)c1", {}, 0),
        ("Fc1ccc(Cc2ccccc2)cc1", {"max_share": 0.1, "cuts": 2}, 0),
    ],
)
def test_matched_pairs(smiles, parameters, pair):
    scores = get_scorer("matched_pair", smiles=["Fc1ccc(-c2ccccc2)cc1"], **parameters)([smiles])
    assert scores.values.tolist() == [pair]
    assert scores.notes == ["Fc1ccc(-c2ccccc2)cc1" if pair else None]


class Basic(SCORERS["logp"]):
    name = "basic"

    def _value(self, molecule):
        return 9.0 if "N" in molecule.smiles else math.nan


def test_cns_mpo(monkeypatch):
    diazepam = "CN1C(=O)CN=C(c2ccccc2)c2cc(Cl)ccc21"
    # logP 3.15, weight 284.7, TPSA 32.7, no donor.
    terms = (5 - 3.1538) / 2, 1.0, (32.67 - 20) / 20, 1.0
    assert values("cns_mpo", [diazepam])[0] == pytest.approx(sum(terms) * 6 / 4, abs=1e-3)
    monkeypatch.setitem(SCORERS, "basic", Basic)
    scores = get_scorer("cns_mpo", pka={"scorer": "basic"})([diazepam, "CCO"])
    logd = 3.1538 - math.log10(1 + 10**1.6)
    assert scores.values[0] == pytest.approx(sum(terms) + 0.5 + min(1, (4 - logd) / 2), abs=1e-3)
    assert scores.errors[1] == "ValueError: no pKa: scorer gave no value"
