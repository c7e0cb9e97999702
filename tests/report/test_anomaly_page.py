"""The page of anomalies: what is drawn, what is marked, and what is said of the rest."""

from pathlib import Path

import numpy as np
import pytest

from molgan.base.errors import RunError
from molgan.report.anomaly_page import TOP, describe_row, draw_blamed, write_anomalies

from .page import Page

ROW = {
    "smiles": "CC1=CC=C1",
    "rank": "1",
    "typicality": "0.00012",
    "realism": "0.001",
    "critic": "0.2",
    "likelihood": "0.01",
    "part": "0.005",
    "blame": "strained: cyclobutadiene, in C1=CC=C1",
    "atoms": "1 2 3 4",
    "fragment": "[#6]1=[#6]-[#6]=[#6]-1",
    "error": "",
    "line": "7",
}


def test_the_strangest_are_drawn_with_what_is_to_blame(tmp_path: Path) -> None:
    values = np.concatenate([np.linspace(0.0001, 0.999, 98), [np.nan, np.nan]])
    rows = [{**ROW, "rank": str(i + 1)} for i in range(98)]
    path = write_anomalies(tmp_path / "odd.html", rows, values, {"not a SMILES": 1, "empty": 1}, name="in/registry.csv")
    page = Page(path.read_text())
    assert len(page.classed("svg", "molecule")) == TOP and "://" not in page.html
    assert "100 rows, 98 judged" in page.text and "registry.csv" in page.text and "in/registry" not in page.text
    assert "line 7" in page.text and "typicality 0.00012" in page.text and "Not judged" in page.text
    assert "5.0 % 5 4.9" in page.text  # so many are below .05, and so many of 98 real ones would be


def test_atoms_to_blame_are_on_a_ground() -> None:
    drawing, plain = draw_blamed("CC1=CC=C1", [1, 2, 3, 4]), draw_blamed("CC1=CC=C1", [])
    assert drawing is not None and plain is not None
    assert drawing.count("<ellipse") == 4 and "<ellipse" not in plain
    assert draw_blamed("C(", []) is None and draw_blamed("CC", [5]) is None


def test_a_row_without_a_part_to_blame_is_drawn_plainly() -> None:
    odd = describe_row({**ROW, "blame": "", "atoms": "", "fragment": "", "Name": "no. 5"})
    assert odd.name == "no. 5" and odd.drawing is not None and "<ellipse" not in odd.drawing


def test_files_without_any_molecule_have_a_page(tmp_path: Path) -> None:
    page = Page(write_anomalies(tmp_path / "a.html", [], np.empty(0), {}, name="-").read_text())
    assert "No molecule could be judged" in page.text and "standard input" in page.text
    with pytest.raises(RunError, match="cannot be written"):
        write_anomalies(tmp_path / "missing" / "a.html", [], np.empty(0), {}, name="-")
