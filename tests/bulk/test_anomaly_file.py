"""Anomalies of files: one row a record, ranked, the same text however many processes, and nothing of the input is
lost."""

import re
from io import StringIO
from pathlib import Path

import numpy as np
import pandas
import pytest
from typer.testing import CliRunner

import molgan
from molgan.base.errors import ConfigError
from molgan.bulk.anomaly_file import anomaly_records, parse_ranked
from molgan.bulk.anomaly_ranks import AnomalyRanks, rank_values
from molgan.chem.reading import Record
from molgan.cli import app
from tests.calibrated import save_calibrated, save_uncalibrated

SMILES = ["OCC", "C(", "CC(=O)Nc1ccccc1", "CCO", "C" * 40, "FC(N)(O)F", "CN", "CCO.CCF"]
ROWS = [Record(i + 2, text, {"name": f'no. {i}, "so"\ncalled', "rank": "old"}) for i, text in enumerate(SMILES)]
NUMBERS = ["typicality", "realism", "critic", "likelihood", "part"]
COLUMNS = ["smiles", "name", "rank_input", "rank", *NUMBERS, "blame", "atoms", "fragment", "error", "line"]


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("weights")
    save_calibrated(folder)
    return folder


def test_ranks_are_those_of_the_values() -> None:
    assert rank_values(np.array([0.5, np.nan, 0.1, 0.5, np.nan])).tolist() == [2, 0, 1, 3, 0]
    assert rank_values(np.empty(0)).tolist() == []


def test_a_file_has_a_row_a_record_with_its_columns_ranks_and_reasons(weights: Path) -> None:
    rows = [*ROWS[:2], Record(99, "CC", {"name": "short"}, reason="1 cells, the header has 3"), *ROWS[2:]]
    with AnomalyRanks(anomaly_records([rows[:3], rows[3:]], weights)) as ranks:
        text, first = "".join(ranks.write()), "".join(ranks.write(2))
        strangest = ranks.strangest
    table = pandas.read_csv(StringIO(text))
    cells, top = (pandas.read_csv(StringIO(each), dtype=str, keep_default_na=False) for each in (text, first))
    assert list(table) == COLUMNS
    assert list(table["smiles"]) == [row.smiles for row in rows] and list(table["line"]) == [row.line for row in rows]
    assert table["name"][0] == ROWS[0].fields["name"] and table["rank_input"][0] == "old"
    expected = molgan.anomalies([None if row.reason else row.smiles for row in rows], weights=weights)
    for name in ("rank", *NUMBERS):
        assert table[name].tolist() == pytest.approx(expected[name].astype(float).tolist(), nan_ok=True)
    for name in ("blame", "atoms", "fragment"):
        assert cells[name].tolist() == expected[name].fillna("").tolist()
    assert table["rank"].notna().tolist() == table["error"].isna().tolist()
    assert sorted(table["rank"].dropna()) == [1, 2, 3, 4, 5] and table["error"][2] == "1 cells, the header has 3"
    assert table["typicality"].to_numpy()[table["rank"] == 1] == table["typicality"].min()
    assert top.to_dict("records") == [next(row for row in cells.to_dict("records") if row["rank"] == n) for n in "12"]
    assert [row["rank"] for row in strangest] == ["1", "2", "3", "4", "5"]
    assert ranks.errors.total() == 4 and ranks.errors["1 cells, the header has 3"] == 1


def test_blame_is_told_of_what_the_weights_cannot_say(weights: Path) -> None:
    table = molgan.anomalies(["CC1=CC=C1.Cl", "CCO.Cl", "C("], weights=weights)
    assert table["typicality"].isna().all() and table["rank"].isna().all()
    assert table["blame"][0] == "strained: cyclobutadiene, in C1=CC=C1" and table["atoms"][0] == "1 2 3 4"
    assert table["blame"].isna().tolist()[2]


def test_atoms_are_numbered_as_in_the_text(weights: Path) -> None:
    table = molgan.anomalies(["CC1=CC=C1", "C1(C)=CC=C1", "C1=CC(C)=C1"], weights=weights)
    assert table["atoms"].tolist() == ["1 2 3 4", "0 2 3 4", "0 1 2 4"]
    assert table["typicality"].nunique() == 1 and table["rank"].tolist() == [1, 2, 3]


def test_row_labels_stay(weights: Path) -> None:
    frame = pandas.DataFrame({"smiles": ["CCO", "CN"]}, index=["a", "b"])
    assert molgan.anomalies(frame, weights=weights).index.tolist() == ["a", "b"]
    assert len(molgan.anomalies([], weights=weights)) == 0


def test_two_processes_and_an_interruption_give_the_same_text(weights: Path, tmp_path: Path) -> None:
    chunks = [ROWS[:3], ROWS[3:5], ROWS[5:]]

    def stopping():  # type: ignore[no-untyped-def]
        yield from chunks[:2]
        raise KeyboardInterrupt

    whole = "".join(anomaly_records(chunks, weights))
    assert "".join(anomaly_records(chunks, weights, processes=2)) == whole
    with pytest.raises(KeyboardInterrupt):
        list(anomaly_records(stopping(), weights, folder=tmp_path / "parts"))
    assert list((tmp_path / "parts").iterdir())
    assert "".join(anomaly_records(chunks, weights, folder=tmp_path / "parts")) == whole
    assert not (tmp_path / "parts").exists()


def test_tables_have_the_types_of_their_columns(weights: Path) -> None:
    with AnomalyRanks(anomaly_records([ROWS], weights)) as ranks:
        first, *tables = parse_ranked(ranks.write(), weights)
    assert len(first) == 0 and list(first) == COLUMNS
    table = pandas.concat(tables)
    assert table["rank"].dtype == "Int64" and table["typicality"].dtype == float and table["line"].dtype == "int64"
    assert table["rank"].isna().sum() == 3 and table["error"].isna().sum() == 5


def test_faults_are_said_before_any_work(tmp_path: Path) -> None:
    save_uncalibrated(tmp_path)
    with pytest.raises(ConfigError, match="not calibrated"):
        next(anomaly_records([ROWS], tmp_path))


def test_the_verb_writes_a_table_and_a_page(weights: Path, tmp_path: Path) -> None:
    lines = ["smiles,id", *(f"{text},m{i}" for i, text in enumerate(SMILES)), "FC1=CC=C1,=odd(1)"]
    (tmp_path / "in.csv").write_text("\n".join(lines))
    options = ["--weights", str(weights), "--processes", "1", "--report", str(tmp_path / "odd.html")]
    result = CliRunner().invoke(app, ["anomalies", str(tmp_path / "in.csv"), "-o", str(tmp_path / "o.csv"), *options])
    assert result.exit_code == 0, result.output
    table = pandas.read_csv(tmp_path / "o.csv")
    assert table["id"].tolist()[:8] == [f"m{i}" for i in range(8)] and table["rank"].notna().sum() == 6
    page = (tmp_path / "odd.html").read_text()
    assert page.count("<figure>") == 6 and page.count('class="molecule"') == 6 and "://" not in page
    assert "cyclobutadiene" in page and "=odd(1)" in page and "more than one fragment" in page
    text = " ".join(re.sub(r"<[^>]+>", " ", re.sub(r"<svg.*?</svg>", "", page, flags=re.DOTALL)).split())
    assert "9 rows, 6 judged" in text
    options = ["--weights", str(weights), "--processes", "1", "--top", "1"]
    result = CliRunner().invoke(app, ["anomalies", str(tmp_path / "in.csv"), *options])
    assert result.exit_code == 0 and len(pandas.read_csv(StringIO(result.stdout))) == 1
