"""Whatever quotes there are in a table, no row vanishes, and what a CSV writer wrote comes back."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from molgan.chem.delimited import read_cells, split_cells
from molgan.chem.text_lines import Line


def read(text: str, delimiter: str = ",", width: int = 2) -> list[tuple[int, list[str]]]:
    lines = (Line(number, line) for number, line in enumerate(text.removesuffix("\n").split("\n"), 1))
    return [(line.number, cells) for line, cells in read_cells(lines, delimiter, width, 0, 1000)]


@pytest.mark.parametrize(
    ("text", "cells"),
    [
        ('a,"b, c",d', ["a", "b, c", "d"]),
        ('"a ""b""",', ['a "b"', ""]),
        ('5" x,6"', ['5" x', '6"']),
        ('a,"5 prime,b', ["a", '"5 prime', "b"]),
        ('a,"5" prime,"b, c"', ["a", '"5" prime', "b, c"]),
        ('"",""', ["", ""]),
        ("", [""]),
    ],
)
def test_a_quote_opens_a_cell_only_where_it_is_closed_again(text: str, cells: list[str]) -> None:
    assert split_cells(text, ",") == cells
    assert split_cells(text.replace(",", "\t"), "\t") == [cell.replace(",", "\t") for cell in cells]


@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|"])
def test_an_open_quote_takes_no_row_with_it(delimiter: str) -> None:
    text = 'CCN,"5 prime amine\nCCC,propane\nCCO,6"\nCC,"ethane"\n'.replace(",", delimiter)
    assert read(text, delimiter) == [
        (1, ["CCN", '"5 prime amine']),
        (2, ["CCC", "propane"]),
        (3, ["CCO", '6"']),
        (4, ["CC", "ethane"]),
    ]


def test_a_quoted_cell_goes_over_lines_in_csv_alone() -> None:
    assert read('CCN,"two\nlines, and ""a"" comma"\nCC,x\n') == [
        (1, ["CCN", 'two\nlines, and "a" comma']),
        (3, ["CC", "x"]),
    ]
    assert [line for line, _ in read('CCN\t"two\nlines"\nCC\tx\n', "\t")] == [1, 2, 3]


CELL = st.text(st.sampled_from('ab"\n,;\t |5'), max_size=6)


@given(st.lists(st.lists(CELL, min_size=3, max_size=3), min_size=1, max_size=6), st.sampled_from(",;|"))
def test_what_a_csv_writer_wrote_comes_back(table: list[list[str]], delimiter: str) -> None:
    rows = [["CCO", *row] for row in table]
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator="\n").writerows(rows)
    assert [cells for _, cells in read(text.getvalue(), delimiter, 4)] == rows


@given(st.lists(st.lists(CELL.map(lambda cell: cell.replace("\n", "").replace("\t", "")), min_size=2, max_size=2)))
def test_every_line_of_a_tsv_is_a_row(rows: list[list[str]]) -> None:
    lines = ["\t".join(row) for row in rows] or [""]
    assert [line for line, _ in read("\n".join(lines), "\t")] == list(range(1, len(lines) + 1))


@given(st.lists(CELL.map(lambda cell: cell.replace("\n", "").replace(",", "")), max_size=8))
def test_every_molecule_of_a_csv_is_a_row_whatever_the_quotes(names: list[str]) -> None:
    lines = [f"CCO,{name}" for name in names] or ["CCO,"]
    assert [cells[0] for _, cells in read("\n".join(lines))] == ["CCO"] * len(lines)
