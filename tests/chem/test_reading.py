"""Files of every kind come in row by row, bad rows with line and reason."""

import gzip
import io
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rdkit import Chem

from molgan.base.errors import InputError
from molgan.chem.molecule import parse
from molgan.chem.reading import Record, read_rows, read_smiles
from molgan.chem.stereo_groups import NOTE

Bad = list[tuple[int, str]]


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
        Record(5, "CC |&1:1|", {"name": "x"}, note=NOTE),
    ]
    assert bad == [(2, "blank line")]


def test_csv_reports_bad_rows_by_line(tmp_path: Path) -> None:
    text = 'id,Canonical_SMILES,note\n1,CCO,"a, b"\n2,,empty\n3,C\n\n4,CC,"two\nlines"\n5,c1ccccc1,\n'
    records, bad = read(tmp_path / "a.csv", text)
    assert records == [
        Record(2, "CCO", {"id": "1", "note": "a, b"}),
        Record(6, "CC", {"id": "4", "note": "two\nlines"}),
        Record(8, "c1ccccc1", {"id": "5", "note": ""}),
    ]
    assert bad == [(3, "no SMILES"), (4, "2 cells, the header has 3"), (5, "blank line")]


def test_a_quote_left_open_does_not_swallow_the_file(tmp_path: Path) -> None:
    records, bad = read(tmp_path / "a.csv", 'smiles,n\nC,"x\n' + "CC,y\n" * 100_000)
    assert records[0] == Record(2, "C", {"n": '"x'}) and bad == []
    assert [record.line for record in records] == list(range(2, 100_003))


@pytest.mark.parametrize("name", ["a.csv", "a.tsv", "a.smi"])
@pytest.mark.parametrize("text", ["smiles,n\n\nCCO,a\n\n\nCC,b\n\n\n", "smiles,n\n\nCCO,a\n\n\nCC,b"])
def test_blank_lines_are_rows_but_at_the_end(tmp_path: Path, name: str, text: str) -> None:
    path = tmp_path / name
    path.write_text(text.replace(",", {"a.csv": ",", "a.tsv": "\t", "a.smi": " "}[name]))
    rows = [(row.line, row.smiles, row.reason) for row in read_rows(path)]
    blank = "blank line"
    assert rows == [(2, "", blank), (3, "CCO", None), (4, "", blank), (5, "", blank), (6, "CC", None)]


def test_the_first_molecule_is_no_header(tmp_path: Path) -> None:
    for name in ("structure", "my_smiles", "molecule"):
        records, _ = read(tmp_path / "a.smi", f"CCO {name}\nCC ethane\n")
        assert records == [Record(1, "CCO", {"name": name}), Record(2, "CC", {"name": "ethane"})]


@pytest.mark.parametrize(
    ("content", "name", "note"),
    [
        ("smiles,n\nCCO,Café\n".encode(), "Café", ""),
        ("smiles,n\nCCO,Café\n".encode("cp1252"), "Café", "line 2 is not UTF-8"),
        ("smiles,n\nCCO,Café €\n".encode("utf-16"), "Café €", ""),
        ("smiles,n\nCCO,Café €\n".encode("utf-32"), "Café €", ""),
    ],
)
def test_names_survive_in_every_encoding(tmp_path: Path, content: bytes, name: str, note: str) -> None:
    (tmp_path / "a.csv").write_bytes(content)
    notes: list[str] = []
    (record,) = read_smiles(tmp_path / "a.csv", on_note=notes.append)
    assert record.fields == {"n": name}
    assert len(notes) == bool(note) and note in "".join(notes)


def test_bytes_of_no_encoding_are_told_with_their_line(tmp_path: Path) -> None:
    records, bad = read(tmp_path / "a.smi", b"CCO a\nCC b\x81\xe9\nC c\n")
    assert [record.smiles for record in records] == ["CCO", "C"]
    assert bad == [(2, "byte 0x81 at character 5 is neither UTF-8 nor Windows-1252")]


def test_a_line_too_long_is_told_and_takes_no_other_with_it(tmp_path: Path) -> None:
    for name in ("a.smi", "a.tsv"):
        records, bad = read(tmp_path / name, "smiles\nCCO\n" + "C" * 300_000 + "\nCC\n")
        assert [(record.line, record.smiles) for record in records] == [(2, "CCO"), (4, "CC")]
        assert bad == [(3, "line of more than 100,000 characters")]


@pytest.mark.skipif(sys.platform != "linux", reason="counts the memory that Linux allows")
def test_a_file_of_one_endless_line_takes_little_memory(tmp_path: Path) -> None:
    with gzip.open(tmp_path / "bomb.smi.gz", "wb", compresslevel=1) as file:
        file.write(b"CCO\n")
        for _ in range(400):
            file.write(b"C" * 1_000_000)
    code = (
        "import resource, sys; from molgan.chem.reading import read_rows\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "rows = [(row.line, row.reason) for row in read_rows(sys.argv[1])]\n"
        "print(len(rows), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "bomb.smi.gz")], capture_output=True, text=True, check=True
    )
    rows, grown = map(int, done.stdout.split())
    assert rows == 2 and grown < 50_000  # kB


def test_stereo_groups_are_noted_and_counted(tmp_path: Path) -> None:
    path = tmp_path / "a.smi"
    path.write_text("C[C@@](F)(Cl)Br |&1:1| a\nC[C@@](F)(Cl)Br |o1:1| b\nC[C@@](F)(Cl)Br |a:1| c\n")
    notes: list[str] = []
    rows = list(read_rows(path, on_note=notes.append))
    assert [row.note for row in rows] == [NOTE, NOTE, None]
    assert [parse(row.smiles).smiles for row in rows] == ["CC(F)(Cl)Br", "CC(F)(Cl)Br", "C[C@@](F)(Cl)Br"]
    assert len(notes) == 1 and notes[0].startswith("AND/OR stereo groups in 2 molecules (first: line 1)")


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
        (
            "a.csv",
            b"id,mass\n1,2\n",
            "columns present: id, mass; name one with --column",
        ),
        ("a.csv", b"\x89PNG\r\n\x1a\n\x00\x00", "binary, not a chemical file"),
        ("a.csv", "smiles\nC\n".encode("utf-16-le"), "binary, not a chemical file"),
        ("a.csv", b"\xff\xfe", "empty"),
        ("a.csv", b"\nsmiles,caf\x81\nC,1\n", "line 2, its header: byte 0x81"),
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


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    lines=st.lists(st.binary(max_size=20).map(lambda line: line.translate(None, b"\r\n")), max_size=8),
    name=st.sampled_from(["a.smi", "a.tsv"]),
)
def test_every_line_is_a_row(tmp_path: Path, lines: list[bytes], name: str) -> None:
    (tmp_path / name).write_bytes(b"\n".join([b"smiles\tname" if name == "a.tsv" else b"smiles", b"CCO\ta", *lines]))
    try:
        rows = list(read_rows(tmp_path / name))
    except InputError as error:
        assert "binary" in str(error)
        return
    assert [row.line for row in rows] == list(range(2, len(rows) + 2))
    assert all(not line.decode("cp1252", "replace").strip() for line in lines[len(rows) - 1 :])


def test_a_pipe_that_is_written_line_by_line(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = Chem.MolToMolBlock(Chem.MolFromSmiles("CCO")).encode().splitlines(keepends=True)
    read_end, write_end = os.pipe()

    def write() -> None:
        with open(write_end, "wb", buffering=0) as file:
            for line in lines:
                file.write(line)
                time.sleep(0.01)

    writer = threading.Thread(target=write)
    writer.start()
    with open(read_end) as text:
        monkeypatch.setattr(sys, "stdin", text)
        assert [record.smiles for record in read_smiles("-")] == ["CCO"]
    writer.join()


def test_reading_streams(tmp_path: Path) -> None:
    path = tmp_path / "long.smi.gz"
    path.write_bytes(gzip.compress(b"CCO\n" * 100_000)[:-1])  # broken, which only the end can tell
    records = read_smiles(path)
    assert next(records).line == 1
    with pytest.raises(InputError, match="damaged gzip file"):
        list(records)


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


def test_a_table_of_too_many_columns_is_refused(tmp_path: Path) -> None:
    names = ",".join(f"c{number}" for number in range(10_000))
    with pytest.raises(InputError, match="10,001 columns, at most 10,000"):
        read(tmp_path / "a.csv", f"smiles,{names}\nC\n")
