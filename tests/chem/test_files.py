"""Files of every kind come in row by row, bad rows with line and reason; libraries go out whole or not at all."""

import errno
import gzip
import io
import random
import sys
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rdkit import Chem

from molgan.base.errors import InputError, RunError
from molgan.base.files import write_files
from molgan.chem.molecule import parse
from molgan.chem.reading import Record, read_smiles
from molgan.chem.writing import write_library

Bad = list[tuple[int, str]]
LIBRARY = pd.DataFrame(
    {
        "id": ["MG-1", "MG-2", "MG-3"],
        "rank": [1, 2, 3],
        "smiles": ["C[C@H](N)O", "F/C=C/Cl", "CC(=O)Oc1ccccc1C(=O)O"],
        "score": [0.75, 1 / 3, float("nan")],
        "scaffold": ["", "", "c1ccccc1"],
    }
)


def read(path: Path, content: str | bytes, column: str | None = None) -> tuple[list[Record], Bad]:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    bad: Bad = []
    return list(read_smiles(path, column=column, on_bad=lambda line, reason: bad.append((line, reason)))), bad


def test_smi(tmp_path: Path) -> None:
    records, bad = read(tmp_path / "a.smi", "CCO ethyl alcohol\n\nC1CC\r\n  c1ccccc1\tbenzene\nCC |&1:1| x\n")
    assert records == [
        Record(1, "CCO", {"name": "ethyl alcohol"}),
        Record(3, "C1CC", {}),  # whether it is a molecule is for parse to say
        Record(4, "c1ccccc1", {"name": "benzene"}),
        Record(5, "CC |&1:1|", {"name": "x"}),
    ]
    assert bad == []


def test_csv_reports_bad_rows_by_line(tmp_path: Path) -> None:
    text = 'id,Canonical_SMILES,note\n1,CCO,"a, b"\n2,,empty\n3,C\n\n4,CC,"two\nlines"\n5,c1ccccc1,\n'
    records, bad = read(tmp_path / "a.csv", text)
    assert records == [
        Record(2, "CCO", {"id": "1", "note": "a, b"}),
        Record(6, "CC", {"id": "4", "note": "two\nlines"}),
        Record(8, "c1ccccc1", {"id": "5", "note": ""}),
    ]
    assert bad == [(3, "no SMILES"), (4, "2 cells, the header has 3")]


def test_a_quote_left_open_does_not_swallow_the_file(tmp_path: Path) -> None:
    records, bad = read(tmp_path / "a.csv", 'smiles,n\nC,"x\n' + "CC,y\n" * 100_000)
    assert bad[0][0] == 2 and "quote that is not closed" in bad[0][1]
    assert len(records) > 70_000 and records[-1].line == 100_002


@pytest.mark.parametrize(
    ("name", "text", "column"),
    [
        ("comma.csv", "name,smiles\na,CCO\n", None),
        ("semicolon.csv", "name;SMILES\na;CCO\n", None),
        ("tab.tsv", "name\tIsomeric Smiles\na\tCCO\n", None),
        ("spaces.smi", "name SMILES\na CCO\n", None),
        ("header.smi", "SMILES name\nCCO a\n", None),
        ("header.txt", "smiles,name\nCCO,a\n", None),
        ("byte_order_mark.csv", "\ufeffsmiles,name\r\nCCO,a\r\n", None),
        ("old_mac.csv", "smiles,name\rCCO,a\r", None),
        ("chosen.csv", "smiles,name,Product\nC,a,CCO\n", "product"),
    ],
)
def test_header_and_delimiter_are_found(tmp_path: Path, name: str, text: str, column: str | None) -> None:
    for path, content in ((tmp_path / name, text.encode()), (tmp_path / f"{name}.gz", gzip.compress(text.encode()))):
        (record,), bad = read(path, content, column)
        assert (record.line, record.smiles, record.fields["name"], bad) == (2, "CCO", "a", [])


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", b"", "empty"),
        ("a.smi", b" \n\n", "empty"),
        ("a.csv", b"smiles\n", "no usable row (nothing but a header)"),
        ("a.csv", b'smiles\n""\n', "no usable row (line 2: no SMILES)"),
        ("a.csv", b"id,mass\n1,2\n", "no SMILES column in its first line; columns present: id, mass"),
        ("a.csv", b"\x89PNG\r\n\x1a\n\x00\x00", "binary, not a chemical file"),
        ("a.csv", "smiles\nC\n".encode("utf-16"), "UTF-16 text; save it as UTF-8"),
        ("a.csv.gz", gzip.compress(b"smiles\nC\n")[:-9], "damaged gzip file"),
        ("a.parquet", b"PAR1 and no more", "damaged Parquet file"),
        ("a.sdf", b"not\nan\nSDF\n$$$$\n", "no usable row (line 1: not an SDF record)"),
    ],
)
def test_unusable_files_are_refused_in_one_line(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    with pytest.raises(InputError) as error:
        read(tmp_path / name, content)
    assert message in str(error.value) and name in str(error.value) and "\n" not in str(error.value)


def test_missing_files_and_columns_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.csv: No such file"):
        read_smiles(tmp_path / "none.csv")
    with pytest.raises(InputError, match="no column 'y' in its first line; columns present: smiles, x"):
        read(tmp_path / "a.csv", "smiles,x\nC,1\n", column="y")


def test_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"smiles,name\nCCO,a\n")))
    assert list(read_smiles("-")) == [Record(2, "CCO", {"name": "a"})]


def test_reading_streams(tmp_path: Path) -> None:
    path = tmp_path / "long.smi.gz"
    path.write_bytes(gzip.compress(b"CCO\n" * 100_000)[:-1])  # broken, which only the end can tell
    records = read_smiles(path)
    assert next(records).line == 1
    with pytest.raises(InputError, match="damaged gzip file"):
        list(records)


def test_bad_sdf_records_are_reported(tmp_path: Path) -> None:
    write_library(LIBRARY, tmp_path)
    text = (tmp_path / "library.sdf").read_text()
    pentavalent = text.replace("2  1  1  1", "2  1  3  0", 1)
    records, bad = read(tmp_path / "bad.sdf", "garbage\n$$$$\n" + pentavalent)
    assert [record.smiles for record in records] == list(LIBRARY.smiles[1:])
    assert bad == [(1, "not an SDF record"), (3, "valence: C with 5 bonds at atom 2")]


def test_library_reads_back(tmp_path: Path) -> None:
    paths = write_library(LIBRARY, tmp_path / "new" / "folder", stem="best")
    assert [path.name for path in paths] == ["best.csv", "best.smi", "best.sdf", "best.parquet"]
    for path in paths:
        records = list(read_smiles(path))
        assert [record.smiles for record in records] == list(LIBRARY.smiles)
        assert [record.fields.get("id") or record.fields["name"] for record in records] == list(LIBRARY.id)
    assert sorted(path.name for path in paths) == sorted(path.name for path in paths[0].parent.iterdir())
    pd.testing.assert_frame_equal(pd.read_parquet(paths[3]), LIBRARY)


def test_sdf_holds_drawings_and_properties(tmp_path: Path) -> None:
    first, _, third = Chem.SDMolSupplier(str(write_library(LIBRARY, tmp_path)[2]))
    assert not first.GetConformer().Is3D()
    assert len({tuple(row[:2].round(1)) for row in third.GetConformer().GetPositions()}) == third.GetNumAtoms()
    assert first.GetPropsAsDict() == {"rank": 1, "smiles": "C[C@H](N)O", "score": 0.75, "scaffold": ""}
    assert not third.HasProp("score")  # NaN


def test_same_library_same_bytes(tmp_path: Path) -> None:
    one, other = write_library(LIBRARY, tmp_path / "1"), write_library(LIBRARY, tmp_path / "2")
    assert [path.read_bytes() for path in one] == [path.read_bytes() for path in other]


def test_library_refuses_what_is_no_molecule(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"row 2: C\( is no molecule"):
        write_library(pd.DataFrame({"smiles": ["C", "C("]}), tmp_path)
    with pytest.raises(InputError, match="no column smiles; columns present: x"):
        write_library(pd.DataFrame({"x": [1]}), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_full_disk_leaves_the_old_files(tmp_path: Path) -> None:
    def full() -> Iterator[bytes]:
        yield b"new"
        raise OSError(errno.ENOSPC, "No space left on device")

    write_files(tmp_path, {"a": [b"old"], "b": [b"old"]})
    with pytest.raises(RunError, match="No space left on device"):
        write_files(tmp_path, {"a": [b"new"], "b": full()})
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"a": b"old", "b": b"old"}


def test_unwritable_folder_is_a_run_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(RunError, match="file/folder: cannot be written"):
        write_library(LIBRARY, tmp_path / "file" / "folder")


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    content=st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass")),
    name=st.sampled_from(["a.smi", "a.csv", "a.tsv", "a.sdf", "a.parquet", "a.csv.gz"]),
    head=st.sampled_from([b"", b"smiles\n", b"id,smiles\n", b"PAR1", b"\x1f\x8b\x08\x00"]),
)
def test_any_file_gives_rows_or_an_input_error(tmp_path: Path, content: bytes, name: str, head: bytes) -> None:
    try:
        records, bad = read(tmp_path / name, head + content)
    except InputError as error:
        assert "\n" not in str(error)
        return
    assert all(record.smiles and parse(record.smiles) for record in records)
    assert all(line > 0 and reason for line, reason in bad)


def test_damaged_sdf_never_crashes(tmp_path: Path) -> None:
    write_library(LIBRARY, tmp_path)
    text = (tmp_path / "library.sdf").read_bytes()
    generator = random.Random(0)
    for _ in range(200):
        damaged = bytearray(text)
        for _ in range(generator.randint(1, 10)):
            damaged[generator.randrange(len(damaged))] = generator.choice(b" 0139CV$>\nM-\xff")
        records, bad = read(tmp_path / "damaged.sdf", bytes(damaged) + b"\n$$$$\n" + text)
        assert 3 <= len(records) + len(bad) <= 8
