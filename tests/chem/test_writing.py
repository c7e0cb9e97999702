"""Libraries go out whole or not at all, in every format, and read back as they were."""

import errno
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from rdkit import Chem

from molgan.base.errors import InputError, RunError
from molgan.base.files import write_files
from molgan.chem.reading import read_rows, read_smiles
from molgan.chem.writing import encode_samples, encode_table, write_library

LIBRARY = pd.DataFrame(
    {
        "id": ["MG-1", "MG-2", "MG-3"],
        "rank": [1, 2, 3],
        "smiles": ["C[C@H](N)O", "F/C=C/Cl", "CC(=O)Oc1ccccc1C(=O)O"],
        "score": [0.75, 1 / 3, float("nan")],
        "scaffold": ["", "", "c1ccccc1"],
    }
)


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
    with pytest.raises(InputError, match=r"row 2: C\( is not a molecule"):
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


TABLE = pd.DataFrame(
    {
        "smiles": ["CCO", "C(", ""],
        "name": ['5" "prime', "a, b", "$$$$"],
        "": ["two\nlines", "tab\there", "> <x>"],
        "mw": [46.069, float("nan"), float("nan")],
        "pains": pd.array([False, None, None], "boolean"),
        "error": pd.array([None, "unclosed parenthesis", "blank line"], "string"),
    }
)


@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".smi", ".sdf", ".parquet"])
def test_no_format_loses_a_row_or_a_cell(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"table{suffix}"
    path.write_bytes(b"".join(encode_table([TABLE[:0], TABLE[:1], TABLE[1:]], suffix)))
    rows = list(read_rows(path))
    assert [row.smiles for row in rows] == (["CCO", "", ""] if suffix == ".sdf" else ["CCO", "C(", ""])
    assert [row.fields["name"].strip() for row in rows] == list(TABLE["name"])
    texts = [row.fields["column_3" if suffix == ".sdf" else ""].strip() for row in rows]
    assert texts == (list(TABLE[""]) if suffix in (".csv", ".parquet") else ["two lines", "tab here", "> <x>"])
    assert [row.fields.get("mw") or None for row in rows] == ["46.069", None, None]
    assert [row.fields.get("pains") or None for row in rows] == ["False", None, None]
    assert [row.fields.get("error") or None for row in rows] == [None, "unclosed parenthesis", "blank line"]


def test_samples_have_a_header_in_all_but_smi() -> None:
    texts = {suffix: b"".join(encode_samples(["CCO", None], suffix)) for suffix in (".smi", ".csv", ".tsv")}
    assert texts == {".smi": b"CCO\n?\n", ".csv": b"smiles\nCCO\n?\n", ".tsv": b"smiles\nCCO\n?\n"}
    assert b"".join(encode_samples(["CCO", None], ".sdf")).count(b"$$$$") == 2


def test_what_takes_too_long_to_draw_is_written_without_a_drawing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("molgan.chem.writing.find_delay", lambda *work: "took longer than 5 s")
    table = pd.DataFrame({"smiles": ["C" * 400, "CCO"]})
    long, short = b"".join(encode_table([table], ".sdf")).decode().split("$$$$\n")[:2]
    places = [{line[:30] for line in record.splitlines() if line[31:34] == "C  "} for record in (long, short)]
    assert [len(each) for each in places] == [1, 2]
    assert Chem.MolFromMolBlock(long).GetNumAtoms() == 400
