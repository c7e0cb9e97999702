"""Standardising files: one row a record, the same text however many processes, and nothing of the input is lost."""

import csv
from io import StringIO

import pandas
import pytest

import molgan
from molgan.base.errors import InputError
from molgan.bulk.score_file import score_records
from molgan.bulk.standardise_file import standardise_records, standardise_table, standardise_tables
from molgan.chem.reading import Record
from molgan.chem.settings import StandardizeSettings
from molgan.chem.shipped_sets import load_reference
from molgan.scoring.objective import Objective
from molgan.scoring.settings import ObjectiveSettings

SALTS = ["CCN.Cl", "c1cc", "C[C@H](N)C(=O)[O-].[Na+]", "CCO", "[13CH4]"]
ROWS = [Record(i + 2, text, {"name": f"no. {i}, of five", "changes": "old"}) for i, text in enumerate(SALTS)]


def rows_of(pieces):
    return list(csv.DictReader(StringIO("".join(pieces))))


def test_a_file_has_a_row_a_record_with_its_columns_changes_and_reasons():
    rows = rows_of(standardise_records([ROWS[:3], ROWS[3:]], StandardizeSettings(keep_stereo=False)))
    assert list(rows[0]) == ["smiles", "name", "changes_input", "original", "changes", "error", "line"]
    assert [row["smiles"] for row in rows] == ["CCN", "", "CC(N)C(=O)O", "CCO", ""]
    assert [row["original"] for row in rows] == SALTS
    assert [row["name"] for row in rows] == [f"no. {i}, of five" for i in range(5)]
    assert rows[0]["changes_input"] == "old"
    assert [row["line"] for row in rows] == ["2", "3", "4", "5", "6"]
    assert [row["changes"] for row in rows] == [
        "salt removed: HCl",
        "",
        "salt removed: Na+; charges neutralised; stereo removed",
        "",
        "",
    ]
    assert [row["error"] for row in rows] == ["", "not a SMILES: unclosed ring", "", "", "isotope"]


def test_two_processes_and_an_interruption_give_the_same_text(tmp_path):
    records = [Record(i, record.smiles + ".Cl") for i, record in enumerate(load_reference("approved_drugs")[:80])]
    chunks = [records[i : i + 20] for i in range(0, 80, 20)]

    def stopping():
        yield from chunks[:2]
        raise KeyboardInterrupt

    whole = "".join(standardise_records(chunks, StandardizeSettings()))
    assert "".join(standardise_records(chunks, StandardizeSettings(), processes=2)) == whole
    with pytest.raises(KeyboardInterrupt):
        list(standardise_records(stopping(), StandardizeSettings(), tmp_path / "parts"))
    assert list((tmp_path / "parts").iterdir())
    assert "".join(standardise_records(chunks, StandardizeSettings(), tmp_path / "parts")) == whole
    assert not (tmp_path / "parts").exists()


def test_standardising_a_standardised_table_changes_nothing():
    once = molgan.standardize([record.smiles for record in load_reference("approved_drugs")[::30]])
    again = molgan.standardize(once["smiles"])
    assert again["smiles"].tolist() == once["smiles"].tolist()
    assert set(again["changes"]) == {""}


def test_what_score_takes_is_taken_and_order_is_kept():
    table = molgan.standardize(["Oc1ccccn1", None, "CCO"], tautomers=True)
    assert table["smiles"].tolist() == ["O=c1cccc[nH]1", None, "CCO"]
    assert table["error"].tolist() == [None, "empty", None]
    assert table["changes"].tolist() == ["tautomer changed", "", ""]
    assert len(standardise_table([], StandardizeSettings())) == 0
    with pytest.raises(InputError, match="not a single string"):
        molgan.standardize("CCO")


def test_scores_are_those_of_the_standard_form():
    rows = rows_of(score_records([ROWS], ["mw"], standardize=StandardizeSettings()))
    parents = rows_of(score_records([[Record(1, "CCN")]], ["mw"]))
    assert list(rows[0]) == ["smiles", "name", "changes_input", "original", "changes", "mw", "error", "line"]
    assert (rows[0]["mw"], rows[0]["original"], rows[0]["changes"]) == (parents[0]["mw"], "CCN.Cl", "salt removed: HCl")
    assert (rows[4]["mw"], rows[4]["error"]) == ("", "isotope")


def test_rows_that_cannot_be_used_keep_their_place_and_the_labels_of_a_column_stay():
    chunk = [Record(2, "CCN.Cl", {"id": "a"}), Record(3, "C", {"id": "b"}, reason="1 cells")]
    first, table = standardise_tables([chunk], StandardizeSettings())
    assert len(first) == 0 and list(table) == list(first)
    assert table[["smiles", "id", "original", "line"]].to_numpy().tolist() == [
        ["CCN", "a", "CCN.Cl", 2],
        ["", "b", "C", 3],
    ]
    assert table["error"].fillna("").tolist() == ["", "1 cells"]
    scored = rows_of(score_records([chunk], ["mw"], standardize=StandardizeSettings()))
    assert [(row["smiles"], row["original"], row["error"]) for row in scored] == [
        ("CCN", "CCN.Cl", ""),
        ("", "C", "1 cells"),
    ]
    labelled = pandas.Series(["CCN.Cl", "C("], index=["x", "y"])
    assert molgan.standardize(labelled).index.tolist() == ["x", "y"]


def test_an_objective_scores_the_standard_form():
    objective = ObjectiveSettings.model_validate({"components": [{"scorer": "qed"}]})
    rows = rows_of(score_records([ROWS], objective, standardize=StandardizeSettings()))
    assert list(rows[0])[:5] == ["smiles", "name", "changes_input", "original", "changes"]
    assert float(rows[0]["qed"]) == pytest.approx(Objective(objective)(["CCN"]).raw["qed"][0])
    assert (rows[4]["qed"], rows[4]["error"]) == ("", "isotope")
