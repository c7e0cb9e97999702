"""Parquet files whose few bytes stand for much text, and columns of every kind."""

from pathlib import Path
from typing import Any

import pyarrow
import pytest
from pyarrow import parquet

from molgan.base.errors import InputError
from molgan.chem.reading import Record, read_rows


def read(path: Path, columns: dict[str, Any], notes: list[str] | None = None, **options: Any) -> list[Record]:
    table = pyarrow.table(list(columns.values()), names=[name.rstrip("'") for name in columns])
    parquet.write_table(table, path, compression="zstd", **options)
    return list(read_rows(path, on_note=None if notes is None else notes.append))


def test_one_long_text_of_many_rows_is_read_once_and_cut(tmp_path: Path) -> None:
    text = pyarrow.DictionaryArray.from_arrays(pyarrow.array([0] * 3000, pyarrow.int32()), ["y" * 5_000_000])
    with pytest.raises(InputError, match=r"line 1: text of more than 100,000 characters"):
        read(tmp_path / "a.parquet", {"smiles": pyarrow.array(["C"] * 3000), "x": text})
    assert (tmp_path / "a.parquet").stat().st_size < 5000


@pytest.mark.parametrize("use_dictionary", [True, False])
def test_columns_of_every_kind(tmp_path: Path, use_dictionary: bool) -> None:
    columns = {
        "smiles": pyarrow.array(["C", None, "CC"]),
        "name": pyarrow.array(["a", "b", None]),
        "name'": pyarrow.array(["u", None, "w"]),
        "mass": pyarrow.array([16.5, 1, None]),
        "list": pyarrow.array([[1, 2], [], None]),
        "long": pyarrow.array(["p", "q", "r"], pyarrow.large_string()),
    }
    rows = read(tmp_path / "a.parquet", columns, use_dictionary=use_dictionary)
    assert rows[0] == Record(1, "C", {"name": "a", "name_2": "u", "mass": "16.5", "list": "[1, 2]", "long": "p"})
    assert rows[1].reason == "no SMILES"
    assert rows[2] == Record(3, "CC", {"name": "", "name_2": "w", "mass": "", "list": "", "long": "r"})


def test_a_column_of_endless_lists_is_left_out(tmp_path: Path) -> None:
    notes: list[str] = []
    lists = pyarrow.array([[0] * 700_000] * 2, pyarrow.list_(pyarrow.int8()))
    rows = read(tmp_path / "a.parquet", {"smiles": pyarrow.array(["C", "CC"]), "x": lists}, notes)
    assert rows == [Record(1, "C", {}), Record(2, "CC", {})]
    assert notes == ["column 'x' is left out: its values are long lists"]
