import numpy as np
import pandas as pd
import pytest
from rdkit import Chem

from molgan.base.errors import ConfigError, InputError
from molgan.scoring.score_table import score

SCORERS = ["qed", "sa", "logp", "tpsa", "mw", "pains", "brenk"]
QUINONE = "O=C1C=CC(=O)C=C1"


def test_one_row_an_input_in_order():
    table = score(["CCO", None, "c1ccccc", QUINONE, float("nan"), "OCC"], SCORERS)
    assert list(table) == ["smiles", *SCORERS, "error"]
    assert table["error"].tolist() == [None, "empty", "not a SMILES: unclosed ring", None, "empty", None]
    assert table["qed"].isna().tolist() == [False, True, True, False, True, False]
    assert table["mw"].iloc[0] == table["mw"].iloc[5] == pytest.approx(46.069)


def test_alerts_are_nullable_booleans_and_true_is_a_hit():
    table = score(["CCO", QUINONE, "?"], ["pains", "brenk"])
    assert table.dtypes["pains"] == table.dtypes["brenk"] == "boolean"
    assert table["pains"].tolist() == [False, True, pd.NA]


def test_a_series_keeps_its_index():
    table = score(pd.Series(["CCO", None], index=[7, 3]), ["heavy_atoms"])
    assert table.index.tolist() == [7, 3]
    assert table["heavy_atoms"].iloc[0] == 3


def test_an_empty_list_gives_an_empty_table():
    table = score([], SCORERS)
    assert len(table) == 0 and list(table) == ["smiles", *SCORERS, "error"]


def test_long_lists_are_scored_in_chunks(monkeypatch):
    monkeypatch.setattr("molgan.scoring.batch._CHUNK", 2)
    smiles = ["C" * length for length in (1, 2, 3, 2, 1)]
    assert score(smiles, ["heavy_atoms"])["heavy_atoms"].tolist() == [1, 2, 3, 2, 1]


@pytest.mark.parametrize(
    ("smiles", "scorers", "error", "message"),
    [
        ("CCO", ["qed"], InputError, "not a single string"),
        (["CCO"], ["qedd"], ConfigError, "did you mean 'qed'"),
        (["CCO"], ["qed", "qed"], ConfigError, "given twice"),
        (["CCO"], [{"scorer": "qed", "name": "smiles"}], ConfigError, "such a column already"),
    ],
)
def test_wrong_arguments_are_refused(smiles, scorers, error, message):
    with pytest.raises(error, match=message):
        score(smiles, scorers)


def test_molecules_and_columns_of_all_kinds_give_the_same():
    expected = score(["CCO", None, "c1ccccc1O"], ["qed"])["qed"]
    mols = [Chem.MolFromSmiles("OCC"), None, Chem.MolFromSmiles("Oc1ccccc1")]
    given = [mols, pd.Series(["CCO", pd.NA, "c1ccccc1O"], dtype="string"), np.array(["CCO", None, "c1ccccc1O"])]
    for column in given:
        table = score(column, ["qed"])
        pd.testing.assert_series_equal(table["qed"], expected)
        assert table["error"].tolist() == [None, "empty", None]
    assert score(mols, ["qed"])["smiles"].tolist() == ["CCO", None, "Oc1ccccc1"]


def test_a_column_of_polars():
    polars = pytest.importorskip("polars")
    frame = polars.DataFrame({"smiles": ["CCO", None]})
    assert score(frame["smiles"], ["heavy_atoms"])["heavy_atoms"].tolist()[0] == 3


def test_a_scorer_with_parameters_is_given_as_in_a_configuration():
    table = score(["CCO", "CCN"], ["logp", {"scorer": "similarity", "parameters": {"smiles": ["CCO"]}}])
    assert table["similarity"].tolist()[0] == 1 > table["similarity"].tolist()[1]
    with pytest.raises(ConfigError, match=r"not a scorer; give a name, or \{\"scorer\": name"):
        score(["CCO"], [{"name": "similarity"}])
    with pytest.raises(ConfigError, match="not a scorer"):
        score(["CCO"], [3])


def test_one_scorer_with_two_names_gives_two_columns():
    def similarity(name, smiles):
        return {"scorer": "similarity", "name": name, "parameters": {"smiles": [smiles]}}

    smiles = ["CCO", "c1ccccc1", "C("]
    table = score(smiles, [similarity("to_ethanol", "CCO"), similarity("to_benzene", "c1ccccc1")])
    assert list(table) == ["smiles", "to_ethanol", "to_benzene", "error"]
    for name, known in (("to_ethanol", "CCO"), ("to_benzene", "c1ccccc1")):
        alone = score(smiles, {"scorer": "similarity", "parameters": {"smiles": [known]}})["similarity"]
        pd.testing.assert_series_equal(table[name], alone, check_names=False)
