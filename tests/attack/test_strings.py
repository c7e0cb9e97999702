"""Malformed strings, records and tables: each is a molecule or a reason, in order, and none ends the process."""

import csv
import random
from pathlib import Path

import pytest

from molgan.chem.reading import read_rows

from .malformed import SEEDS, records, strings
from .verdict import Verdict, molgan, run

pytestmark = pytest.mark.slow

SCRIPT = """
import resource, sys
sys.path.insert(0, {folder!r})
from malformed import strings
import molgan
texts = list(strings({count}))
table = molgan.score(texts, ["mw", "sa", "pains"])
assert len(table) == len(texts) and table.smiles.tolist() == texts
assert (table.error.isna() == table.mw.notna()).all()
assert all("\\n" not in reason and len(reason) < 300 for reason in table.error.dropna())
print(table.error.isna().sum(), table.error.notna().sum())
"""


def test_each_string_is_a_molecule_or_a_reason(count: int) -> None:
    script = SCRIPT.format(folder=str(Path(__file__).parent), count=count)
    verdict = run("-c", script, seconds=120 + count / 10, MOLGAN_SECONDS_PER_MOLECULE="1")
    assert verdict.code == 0, verdict.err[-2000:]
    valid, invalid = map(int, verdict.out.split())
    assert valid + invalid == count and valid > count / 20 and invalid > count / 3
    assert verdict.megabytes < 1000


def score(path: Path, *options: str, seconds: float = 300) -> tuple[Verdict, list[dict[str, str]]]:
    out = path.with_name("out.csv")
    verdict = molgan(
        "score", path, "--scorers", "mw", "-o", out, "--processes", 1, *options, seconds=seconds, cwd=path.parent
    )
    csv.field_size_limit(10**7)
    return verdict, list(csv.DictReader(out.open(newline=""))) if out.exists() else []


def test_each_damaged_record_is_a_row(tmp_path: Path, count: int) -> None:
    (tmp_path / "a.sdf").write_text("".join(records(count // 5)), errors="replace")
    expected = len(list(read_rows(tmp_path / "a.sdf")))
    verdict, rows = score(tmp_path / "a.sdf", seconds=120 + count / 10)
    assert verdict.is_told, verdict.err[-2000:]
    assert len(rows) == expected and count / 5 * 0.9 < expected < count / 5 * 1.2
    assert all((row["error"] == "") == (row["mw"] != "") for row in rows)
    assert "RDKit" not in verdict.err and "Explicit valence" not in verdict.err


@pytest.mark.parametrize("suffix", [".smi", ".csv", ".tsv"])
def test_each_malformed_row_is_a_row(tmp_path: Path, suffix: str) -> None:
    lines = [text.replace("\n", " ").replace("\r", " ").replace("\x00", " ") for text in strings(2000, seed=3)]
    header, good = {".smi": ([], "CCO"), ".csv": (["smiles,x"], "CCO,y"), ".tsv": (["smiles\tx"], "CCO\ty")}[suffix]
    (tmp_path / f"a{suffix}").write_text("\n".join([*header, good, *lines, good]) + "\n", errors="surrogateescape")
    expected = len(list(read_rows(tmp_path / f"a{suffix}")))
    verdict, rows = score(tmp_path / f"a{suffix}")
    assert verdict.is_told, verdict.err[-2000:]
    assert len(rows) == expected
    assert rows[-1]["smiles"] == "CCO" and rows[-1]["mw"].startswith("46.0")
    assert "RDKit" not in verdict.err and "SMILES Parse Error" not in verdict.err


def test_a_stray_quote_costs_its_own_row_at_most(tmp_path: Path) -> None:
    draw = random.Random(4)
    rows = [f"{draw.choice(SEEDS[:8])},name {number},{number}" for number in range(20_000)]
    whole = tmp_path / "whole.csv"
    whole.write_text("\n".join(["smiles,name,n", *rows]) + "\n")
    expected = [(record.line, record.smiles) for record in read_rows(whole)]
    for _ in range(60):
        number = draw.randrange(len(rows))
        line = rows[number]
        place = draw.randrange(len(line) + 1)
        damaged = tmp_path / "damaged.csv"
        changed = [*rows[:number], f'{line[:place]}"{line[place:]}', *rows[number + 1 :]]
        damaged.write_text("\n".join(["smiles,name,n", *changed]) + "\n")
        found = [(record.line, record.smiles) for record in read_rows(damaged)]
        assert len(found) == len(expected)
        assert sum(a != b for a, b in zip(found, expected, strict=True)) <= 1


def test_formulas_reach_no_spreadsheet(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("smiles,=x|y!z\nCCO,=cmd|' /C calc'!A0\n=cmd|' /C calc'!A0,@SUM(A1)\nC,-3.5\n")
    verdict, rows = score(tmp_path / "a.csv")
    assert verdict.is_told
    assert [list(row.values())[1] for row in rows] == ["'=cmd|' /C calc'!A0", "'@SUM(A1)", "-3.5"]
    assert rows[1]["smiles"] == "'=cmd|' /C calc'!A0" and "'=x|y!z" in rows[0]
