"""A file of molecules becomes a table of scores, with every row and every column of the file."""

from collections.abc import Mapping
from io import StringIO
from pathlib import Path

import pandas
import pytest

from molgan.base.errors import ConfigError
from molgan.bulk.score_file import score_records, score_tables
from molgan.chem.reading import Record
from molgan.scoring.objective import Objective
from molgan.scoring.settings import ObjectiveSettings, load_objective


class Messages:
    """A progress that keeps what it is told."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def start(self, task: str, total: int | None = None) -> None: ...
    def advance(self, task: str, done: int = 1, **figures: float) -> None: ...
    def note(self, task: str, facts: Mapping[str, str]) -> None: ...
    def finish(self, task: str) -> None: ...
    def message(self, text: str) -> None:
        self.texts.append(text)


def test_a_row_that_cannot_be_used_keeps_its_place_its_cells_and_its_reason() -> None:
    chunks = [[Record(2, "CCO", {"id": "a"}), Record(3, "C", {"id": "b"}, reason="1 cells")], [Record(4, "C", {})]]
    table = pandas.read_csv(StringIO("".join(score_records(chunks, ["heavy_atoms"]))))
    assert list(table["smiles"]) == ["CCO", "C", "C"]
    assert list(table["heavy_atoms"].fillna(0)) == [3, 0, 1]
    assert list(table["error"].fillna("")) == ["", "1 cells", ""]
    assert list(table["id"].fillna("")) == ["a", "b", ""]


def test_a_column_that_comes_late_is_told() -> None:
    progress = Messages()
    chunks = [[Record(1, "CCO", {"a": "1"})], [Record(9, "CC", {"b": "2"}), Record(12, "C", {"b": "3"})]]
    list(score_records(chunks, ["mw"], progress=progress))
    assert progress.texts == ["column 'b' is left out: it appears in line 9, but not in the first rows"]


def test_columns_called_as_those_of_the_table_are_kept_and_told() -> None:
    progress = Messages()
    fields = {"mw": "1", "smiles": "2", "error": "3", "mw_input": "4"}
    header, row = score_records([[Record(1, "CCO", fields)]], ["mw"], progress=progress)
    assert header == "smiles,mw_input_2,smiles_input,error_input,mw_input,mw,error,line\n"
    assert row.startswith("CCO,1,2,3,4,46.")
    assert len(progress.texts) == 3


def test_an_objective_gives_its_own_values(tmp_path: Path) -> None:
    (tmp_path / "objective.yaml").write_text("components: [{scorer: qed}, {scorer: logp, name: lipophilicity}]\n")
    settings = load_objective(tmp_path / "objective.yaml")
    records = [Record(2, "OCC", {"score": "a"}), Record(3, "C(", {"score": "b"}), Record(5, "c1ccccc1", {"score": "c"})]
    text = "".join(score_records([records[:1], records[1:]], settings))
    table = pandas.read_csv(StringIO(text))
    expected = Objective(settings)([record.smiles for record in records]).to_frame()
    assert list(table) == ["smiles", "score_input", *list(expected)[1:], "line"]
    for name in ("score", "qed", "lipophilicity", "qed_score", "lipophilicity_score"):
        assert table[name].tolist() == pytest.approx(expected[name].tolist(), nan_ok=True)
    assert table["line"].tolist() == [2, 3, 5] and table["score_input"].tolist() == ["a", "b", "c"]
    tables = pandas.concat(list(score_tables([records], settings))[1:])
    assert tables["line"].tolist() == [2, 3, 5] and tables["score"].tolist()[::2] == table["score"].tolist()[::2]
    assert "".join(score_records([records[:1], records[1:]], settings, processes=2)) == text


def test_a_pareto_rank_is_refused() -> None:
    pareto = ObjectiveSettings.model_validate({"components": [{"scorer": "qed"}], "aggregation": "pareto"})
    with pytest.raises(ConfigError, match="Pareto"):
        next(score_records([[Record(1, "CCO")]], pareto))


def test_tables_have_the_values_of_the_text() -> None:
    chunks = [[Record(1, "CCO", {"n": "007"}), Record(2, "C(", {"n": ""})], [Record(3, "c1ccccc1", {})]]
    first, *tables = score_tables(chunks, ["qed", "pains"])
    table = pandas.concat(tables, ignore_index=True)
    assert len(first) == 0 and first.dtypes.astype(str).to_dict() == table.dtypes.astype(str).to_dict()
    text = pandas.read_csv(StringIO("".join(score_records(chunks, ["qed", "pains"]))))
    assert list(table["qed"].fillna(-1)) == list(text["qed"].fillna(-1))
    assert table["pains"].astype(object).fillna("none").tolist() == [False, "none", False]
    assert list(table["n"]) == ["007", "", ""]
    assert list(table["error"].isna()) == [True, False, True]
