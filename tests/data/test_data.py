"""The data are what their README files say they are."""

import gzip
import hashlib
from itertools import islice
from pathlib import Path

import pytest

from molgan.chem.reading import read_smiles

ROOT = Path(__file__).parents[2]
COLUMNS = {"qm9.csv.gz": {"index", "n_atoms"}}


def documented(readme: Path) -> list[tuple[Path, int, str]]:
    """(file, rows, sha256) of each row of the table in a README."""
    rows = [line.strip("|").split("|") for line in readme.read_text().splitlines() if ".csv.gz |" in line]
    return [(readme.parent / row[0].strip(), int(row[1].replace(",", "")), row[-1].strip(" `")) for row in rows]


FILES = documented(ROOT / "data" / "README.md") + documented(ROOT / "molgan" / "data" / "README.md")


def test_hashes_of_arrays_hold() -> None:
    lines = (ROOT / "molgan" / "data" / "README.md").read_text().splitlines()
    rows = [[cell.strip(" `") for cell in line.strip("|").split("|")] for line in lines if ".npz |" in line]
    assert {name for name, *_ in rows if name.startswith("admet/")} == {
        f"admet/{path.name}" for path in (ROOT / "molgan" / "data" / "admet").iterdir()
    }
    assert len({name for name, *_ in rows} - {"preference.npz"}) == 3 + 8
    for name, *_, sha256 in rows:
        assert hashlib.sha256((ROOT / "molgan" / "data" / name).read_bytes()).hexdigest() == sha256, name


def test_hashes_and_sizes_of_stocks_and_reactions_hold() -> None:
    folder = ROOT / "molgan" / "data"
    lines = (folder / "README.md").read_text().splitlines()
    rows = [
        [cell.strip(" `") for cell in line.strip("|").split("|")] for line in lines if line.startswith("| synthesis/")
    ]
    assert {name for name, *_ in rows} == {f"synthesis/{path.name}" for path in (folder / "synthesis").iterdir()}
    for name, count, size, sha256 in rows:
        content = (folder / name).read_bytes()
        text = gzip.decompress(content) if name.endswith(".gz") else content
        assert hashlib.sha256(content).hexdigest() == sha256, name
        assert (text.count(b"\n") - 1, len(content)) == (int(count.replace(",", "")), int(size.replace(",", ""))), name


def test_every_table_is_documented() -> None:
    present = [path for folder in ("data", "data/admet", "molgan/data") for path in (ROOT / folder).glob("*.csv.gz")]
    assert {path for path, _, _ in FILES} == set(present)


@pytest.mark.parametrize(("path", "rows", "sha256"), FILES, ids=lambda value: getattr(value, "name", ""))
def test_hash_and_rows_hold(path: Path, rows: int, sha256: str) -> None:
    content = path.read_bytes()
    assert hashlib.sha256(content).hexdigest() == sha256
    assert gzip.decompress(content).count(b"\n") == rows + 1


@pytest.mark.parametrize("path", [path for path, _, _ in FILES if path.parent.name == "data"], ids=lambda p: p.name)
def test_first_rows_stream(path: Path) -> None:
    records = list(islice(read_smiles(path), 100))
    assert [record.line for record in records] == list(range(2, 102))
    assert all(COLUMNS.get(path.name, set()) <= set(record.fields) for record in records)
