"""`score`, `filter` and `evaluate` lose no row, and write what the suffix of the output says."""

from pathlib import Path

import pandas
import pytest
from rdkit import Chem
from typer.testing import CliRunner, Result

from molgan.chem.reading import read_rows
from molgan.chem.sdf import write_record
from molgan.cli import app

TABLE = 'smiles,name\nCCO,"5 prime\n\nC(,bad\nc1ccccc1,benzene\nCC\n,nothing\n\n'


def molgan(*arguments: object, stdin: str | None = None) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments], input=stdin)


@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".smi", ".sdf", ".parquet", ".csv.gz", ".smi.gz", ".sdf.gz"])
def test_score_writes_a_row_for_every_row_in_every_format(tmp_path: Path, suffix: str) -> None:
    (tmp_path / "in.csv").write_text(TABLE)
    output = tmp_path / f"out{suffix}"
    result = molgan("score", tmp_path / "in.csv", "--scorers", "heavy_atoms,pains", "-o", output)
    assert result.exit_code == 0, result.output
    rows = list(read_rows(output))
    unparsed = "" if ".sdf" in suffix else "C("
    assert [row.smiles for row in rows] == ["CCO", "", unparsed, "c1ccccc1", "CC", ""]
    errors = [row.fields.get("error") or None for row in rows]
    assert errors[:2] == [None, "blank line"] and "not a SMILES" in str(errors[2])
    assert errors[3:] == [None, "1 cells, the header has 2", "no SMILES"]
    assert [row.fields.get("heavy_atoms") or None for row in rows][::3] == [
        "3" if ".sdf" in suffix else "3.0",
        "6" if ".sdf" in suffix else "6.0",
    ]
    assert [line in result.stderr for line in ("in.csv:3: blank line; no score", "in.csv:7: no SMILES")] == [True, True]


def test_score_refuses_an_unknown_suffix_before_it_reads(tmp_path: Path) -> None:
    result = molgan("score", tmp_path / "none.csv", "--scorers", "qed", "-o", tmp_path / "out.xlsx")
    assert result.exit_code == 2
    assert "out.xlsx: unknown suffix" in result.stderr and list(tmp_path.iterdir()) == []


def test_score_keeps_columns_that_are_called_as_its_own(tmp_path: Path) -> None:
    table = "Structure (SMILES),heavy_atoms,error,id\nCCO,x,y,z\n"
    result = molgan("score", "-", "--scorers", "heavy_atoms", "-o", tmp_path / "out.csv", stdin=table)
    scores = pandas.read_csv(tmp_path / "out.csv")
    assert list(scores.columns) == ["smiles", "heavy_atoms_input", "error_input", "id", "heavy_atoms", "error", "line"]
    assert list(scores.iloc[0, 1:5]) == ["x", "y", "z", 3]
    assert "column 'heavy_atoms' of the file is kept as 'heavy_atoms_input'" in result.stderr


def test_score_takes_scorers_or_an_objective(tmp_path: Path) -> None:
    (tmp_path / "in.smi").write_text("CCO ethanol\nc1ccccc1 benzene\n")
    (tmp_path / "campaign.yaml").write_text("objective: {components: [{scorer: qed}]}\nsample: {n: 1}\n")
    output = tmp_path / "out.sdf"
    result = molgan("score", tmp_path / "in.smi", "--config", tmp_path / "campaign.yaml", "-o", output)
    assert result.exit_code == 0, result.output
    rows = [row.fields for row in read_rows(output)]
    assert [(row["name"], row["line"]) for row in rows] == [("ethanol", "1"), ("benzene", "2")]
    assert [row["qed"] == row["qed_score"] == row["score"] for row in rows] == [True, True]
    for options in ([], ["--config", tmp_path / "campaign.yaml", "--scorers", "qed"]):
        result = molgan("score", tmp_path / "in.smi", *options)
        assert result.exit_code == 2 and "give either --scorers" in result.stderr


def test_filter_rejects_rows_that_cannot_be_used_with_their_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOLGAN_CACHE", str(tmp_path / "cache"))
    (tmp_path / "in.csv").write_text(TABLE)
    (tmp_path / "campaign.yaml").write_text(
        "data: {train: in.csv}\nobjective: {components: [{scorer: qed}]}\nsample: {n: 1}\nfilters: [valid]\n"
    )
    result = molgan("filter", tmp_path / "in.csv", "--config", tmp_path / "campaign.yaml", "-o", tmp_path / "out")
    assert result.exit_code == 0, result.output
    rejected = pandas.read_csv(tmp_path / "out" / "rejected.csv", keep_default_na=False)
    assert list(rejected["line"]) == [3, 4, 6, 7]
    assert list(rejected["reason"])[::2] == ["blank line", "1 cells, the header has 2"]
    assert len(pandas.read_csv(tmp_path / "out" / "library.csv")) == 2


def test_titles_and_properties_of_an_sdf_file_stay_with_their_molecules(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOLGAN_CACHE", str(tmp_path / "cache"))
    names = {"CCO": "ethanol", "c1ccccc1": "benzene", "OCC": "spirit", "CCCCCCCC": "octane"}
    records = [write_record(Chem.MolFromSmiles(text), name, {"price": str(len(name))}) for text, name in names.items()]
    (tmp_path / "vendor.sdf").write_text("".join(records))
    (tmp_path / "campaign.yaml").write_text(
        "data: {train: vendor.sdf}\nobjective: {components: [{scorer: qed}]}\nsample: {n: 1}\n"
        "filters: [distinct, {filter: size, min: 1, max: 7}]\n"
    )
    out = tmp_path / "out"
    result = molgan("filter", tmp_path / "vendor.sdf", "--config", tmp_path / "campaign.yaml", "-o", out)
    assert result.exit_code == 0, result.output
    lines = {row.fields["name"]: row.line for row in read_rows(tmp_path / "vendor.sdf")}
    for suffix in ("csv", "sdf", "parquet"):
        rows = [row.fields for row in read_rows(out / f"library.{suffix}")]
        assert sorted((row["name"], row["price"], int(row["line"])) for row in rows) == [
            ("benzene", "7", lines["benzene"]),
            ("ethanol", "7", lines["ethanol"]),
        ]
    rejected = pandas.read_csv(out / "rejected.csv", dtype=str, keep_default_na=False)
    assert rejected[["name", "price", "duplicate_of"]].to_numpy().tolist() == [
        ["spirit", "6", str(lines["ethanol"])],
        ["octane", "6", ""],
    ]


def test_evaluate_counts_rows_that_cannot_be_used_as_invalid(monkeypatch: pytest.MonkeyPatch) -> None:
    samples: list[str | None] = []

    def measure(given: list[str | None], **_: object) -> dict[str, float]:
        samples.extend(given)
        return {}

    monkeypatch.setattr("molgan.evaluation.metrics.evaluate", measure)
    result = molgan("evaluate", "-", "--json", stdin="CCO\n\nCCC\nC(\n\n")
    assert result.exit_code == 0, result.output
    assert samples == ["CCO", None, "CCC", "C("]
    assert "-:2: blank line; an invalid sample" in result.stderr
