import math

import pytest

from molgan.chem.shipped_sets import load_reference
from molgan.evaluation.comparison_sets import Moses
from molgan.evaluation.metrics import METRICS, cosine_similarity, evaluate
from molgan.evaluation.neighbourhoods import FIGURES

# The official code (molsets 0.3.1, get_all_metrics with these lists as `test`, `test_scaffolds` and `train`) on the
# sample below, with rdkit 2026.9.1, numpy 2.4, scipy 1.17 and torch 2.13.
OFFICIAL = {
    "valid": 0.98413,
    "unique@1000": 0.83871,
    "unique@10000": 0.83871,
    "FCD/Test": 19.75294,
    "SNN/Test": 0.36632,
    "Frag/Test": 0.93549,
    "Scaf/Test": 0.13770,
    "FCD/TestSF": 23.01571,
    "SNN/TestSF": 0.27714,
    "Frag/TestSF": 0.93584,
    "Scaf/TestSF": 0.01548,
    "IntDiv": 0.85483,
    "IntDiv2": 0.82242,
    "Filters": 0.81452,
    "logP": 0.40147,
    "SA": 0.21680,
    "QED": 0.03820,
    "weight": 18.52657,
    "Novelty": 0.61538,
}


@pytest.fixture
def no_moses(tmp_path, monkeypatch):
    """As where the package is installed without the repository's data folder."""
    monkeypatch.setenv("MOLGAN_DATA", str(tmp_path))


def test_agrees_with_the_official_code():
    known = [record.smiles for record in load_reference("moses_reference_1000")]
    sample = [
        *known[:60],
        *(smiles.replace("N", "[N+]", 1) for smiles in known[60:75]),
        *(smiles.replace("F", "I", 1).replace("O", "S", 1) for smiles in known[75:100]),
        *known[:20],
        *["", "CCO", "[Na+].[Cl-]", "C1CCCCCCCC1", "O=CC", "C1CCCC"],
    ]
    sets = {"test": known[80:180], "test_scaffolds": known[180:280], "train": known[:40] + known[500:600]}
    values = evaluate(sample, **sets)
    assert list(values) == list(METRICS)
    assert {name: values[name] for name in OFFICIAL} == pytest.approx(OFFICIAL, abs=2e-5)


@pytest.mark.parametrize("sample, valid", [([], math.nan), ([None, "", "C1CC", "c1ccccc"], 0.0)])
def test_nothing_valid_is_nan_and_said(sample, valid, messages):
    values = evaluate(sample, progress=messages)
    assert values.pop("valid") == pytest.approx(valid, nan_ok=True)
    assert all(math.isnan(value) for value in values.values())
    assert "no valid samples: the other metrics cannot be computed" in messages.texts


def test_one_molecule_has_no_frechet_distance(no_moses, messages):
    values = evaluate(["c1ccccc1CC"], progress=messages, test_scaffolds=None, train=["CC"])
    assert math.isnan(values["FCD/Test"])
    assert values["Novelty"] == values["unique@1000"] == values["Filters"] == 1
    assert values["IntDiv"] == 0
    assert math.isnan(values["Scaf/Test"])  # one ring is no scaffold for MOSES
    assert math.isnan(values["Frag/TestSF"])


def test_what_is_not_installed_is_nan_and_said(no_moses, messages):
    values = evaluate(["CCO", "c1ccccc1CC"], progress=messages)
    assert {name for name, value in values.items() if math.isnan(value)} == {
        *("SNN/Test", "SNN/TestSF", "Novelty", "Scaf/Test", "Scaf/TestSF"),
        *FIGURES,
    }
    assert sum("MOLGAN_DATA" in text for text in messages.texts) == 4


def test_uniqueness_is_of_the_first_valid_samples(no_moses, messages):
    sample = ["C1"] + ["OCC"] * 999 + ["CCO", "CCN"]
    values = evaluate(sample, test=None, test_scaffolds=None, train=None, progress=messages)
    assert values["unique@1000"] == 1 / 1000
    assert values["unique@10000"] == 2 / 1001
    assert any(text.startswith("unique@10000 is computed from 1,001") for text in messages.texts)


def test_cosine_similarity():
    assert cosine_similarity({"a": 3, "b": 4}, {"a": 4, "c": 3}) == pytest.approx(12 / 25)
    assert math.isnan(cosine_similarity({}, {"a": 1}))


def test_the_sets_of_moses_are_found_by_their_name(tmp_path, monkeypatch):
    from molgan.evaluation.comparison_sets import find_moses_file

    for name in ("moses_test.csv.gz", "moses_test_scaffolds.csv.gz"):
        (tmp_path / name).touch()
    monkeypatch.setenv("MOLGAN_DATA", str(tmp_path))
    assert find_moses_file(Moses.TEST) == tmp_path / "moses_test.csv.gz"
    assert find_moses_file(Moses.TEST_SCAFFOLDS) == tmp_path / "moses_test_scaffolds.csv.gz"
    assert find_moses_file(Moses.TRAIN) is None
