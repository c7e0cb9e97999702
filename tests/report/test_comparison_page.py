"""The page of `molgan evaluate --compare`, and the section on bias in the report of a run."""

import json
import re
from pathlib import Path

import pandas
import pytest
from typer.testing import CliRunner

from molgan.base.errors import RunError
from molgan.chem.shipped_sets import load_reference
from molgan.cli import app
from molgan.evaluation.bootstrap import Interval
from molgan.evaluation.drawn_sets import compare_smiles
from molgan.report import write_report
from molgan.report.bias_section import describe_bias, write_interval, write_ratio
from molgan.report.comparison_page import write_comparison

KNOWN = [record.smiles for record in load_reference("moses_reference_1000")]
CHOSEN = [text for text in KNOWN[100:260] if "F" not in text]


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Path]:
    monkeypatch.setenv("MOLGAN_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("MOLGAN_DATA", str(tmp_path))
    rows = [f"{text},{'even' if i % 2 else 'odd'}" for i, text in enumerate(KNOWN[260:420])]
    (tmp_path / "real.csv").write_text("\n".join(["smiles,tier", *rows]))
    (tmp_path / "fair.smi").write_text("\n".join(KNOWN[:100]))
    (tmp_path / "run").mkdir()
    pandas.DataFrame({"smiles": CHOSEN}).to_csv(tmp_path / "run" / "library.csv", index=False)
    return {name: tmp_path / name for name in ("real.csv", "fair.smi", "run", "page.html")}


def test_files_and_runs_are_set_side_by_side(files: dict[str, Path]) -> None:
    arguments = ["evaluate", files["fair.smi"], files["run"], "--json", "--compare", files["page.html"]]
    result = CliRunner().invoke(app, [*map(str, arguments), *map(str, ("--test", files["real.csv"]))])
    assert result.exit_code == 0, result.output
    values = json.loads(result.stdout)
    assert list(values) == [str(files["fair.smi"]), str(files["run"])]
    assert all(0.5 < each["Precision"] <= 1 for each in values.values())
    page = files["page.html"].read_text()
    assert page.count("<section") == 4 and "://" not in page
    text = re.sub(r"<[^>]+>", " ", re.sub(r"<svg.*?</svg>", "", page, flags=re.DOTALL))
    assert re.search(r"Recall and coverage by tier of the data .* (even|odd) .* (even|odd) ", " ".join(text.split()))
    # What the second set lacks is drawn there, and not in the section of the first.
    fair, chosen = page.split('<section id="set1">')[1].split('<section id="set2">')
    rare = re.compile(r"Less often than in the data.*?(?=<h3>|</section>)", re.DOTALL)
    assert any('title="*F"' in part for part in rare.findall(chosen))
    assert not any('title="*F"' in part for part in rare.findall(fair))


def test_several_files_are_a_table_and_one_is_a_list(files: dict[str, Path]) -> None:
    both = ["evaluate", str(files["fair.smi"]), str(files["run"]), "--test", str(files["real.csv"])]
    lines = CliRunner().invoke(app, both).stdout.splitlines()
    assert lines[0].split() == both[1:3]
    assert next(line for line in lines if line.startswith("valid")).split() == ["valid", "1.0000", "1.0000"]
    twice = CliRunner().invoke(app, ["evaluate", both[1], both[1]])
    assert twice.exit_code == 2 and "given twice" in twice.output


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ([], "--compare needs the molecules of a test set"),
        (["--test", "few.smi"], "the data to compare with: 3 valid molecules, fewer than the 20"),
    ],
)
def test_what_cannot_be_compared_is_one_line(
    files: dict[str, Path], monkeypatch: pytest.MonkeyPatch, more: list[str], told: str
) -> None:
    monkeypatch.chdir(files["run"].parent)
    Path("few.smi").write_text("CCO\nCCN\nCCC\n")
    result = CliRunner().invoke(app, ["evaluate", str(files["run"]), "--compare", "page.html", *more])
    assert result.exit_code == 2 and told in result.output
    assert not Path("page.html").exists()


def test_a_page_that_cannot_be_written_is_an_error(files: dict[str, Path]) -> None:
    comparison, sets = compare_smiles({"a": KNOWN[:60]}, KNOWN[100:160])
    with pytest.raises(RunError, match="cannot be written"):
        write_comparison(files["run"], comparison, sets, {}, data_name="known")


def test_texts() -> None:
    assert write_interval(Interval(0.9123, 0.9, 0.92), 2) == "0.91 (0.90 to 0.92)"
    assert write_ratio(Interval(2.0, 1.0, 3.0)) == "4.00 times (2.00 to 8.00)"
    assert write_ratio(Interval(-3.0, -4.0, 5.0)) == "0.12 times (0.06 to 32.0)"
    comparison, _ = compare_smiles({"a": [text for text in KNOWN[:120] if "S" not in text]}, KNOWN[200:440])
    section = describe_bias(comparison.sets["a"])
    groups = next(kind for kind in section.kinds if kind.title == "Functional groups")
    assert groups.rare and all("S" in thing.smiles for thing in groups.rare[:1])
    assert groups.rare[0].share == "0.0 %" and groups.rare[0].drawing is not None
    assert [title for title, *_ in section.properties][:2] == ["MW, Da", "logP"]
    classes = {name: (share, data_share) for name, share, data_share, _ in section.classes}
    assert list(classes)[:2] == ["amide", "urea or carbamate"] and classes["sulfonamide"][0] == "0.0 %"
    assert classes["sulfonamide"][1] != "0.0 %"


def test_the_report_compares_the_library_with_the_training_data(run: Path) -> None:
    assert 'id="bias"' not in write_report(run).read_text(), "four molecules are too few"
    pandas.DataFrame({"rank": range(1, len(CHOSEN) + 1), "smiles": CHOSEN}).to_csv(run / "library.csv", index=False)
    pandas.DataFrame({"smiles": KNOWN[260:420]}).to_csv(run / "reference.csv", index=False)
    page = write_report(run).read_text()
    section = page.split('<section id="bias">')[1].split("</section>")[0]
    assert "Bias and coverage" in section and 'title="*F"' in section and "basic amine" in section
    assert write_report(run).read_text() == page
