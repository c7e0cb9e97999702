"""The cells of docs/tour.ipynb run, one after the other, and show what the text promises."""

import json
from pathlib import Path
from typing import Any

import pandas
import pytest

TOUR = Path(__file__).parents[1] / "docs" / "tour.ipynb"


def test_the_tour_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    notebook = json.loads(TOUR.read_text())
    assert not any(cell.get("outputs") for cell in notebook["cells"]), "clear the outputs before committing"
    for number, cell in enumerate(notebook["cells"]):
        if cell["cell_type"] == "code":
            exec(compile("".join(cell["source"]), f"{TOUR.name} cell {number}", "exec"), names)
    assert names["scores"]["qed"].isna().tolist() == [False, False, False, False, True]
    assert names["table"]["stage"].tolist() == ["novel", "novel", "alerts", None, "valid"]
    assert names["isomers"]["parent"].tolist() == [3, 3]
    assert len(names["drawn"]) == 20
    assert min(names["image"].size) > 100
    assert len(names["calls"]) == 60 and names["calls"]["smiles"].tolist()[0] == "CC(=O)Oc1ccccc1C(=O)O"
    library = pandas.read_csv(names["folder"] / "run" / "library.csv")
    assert 0 < len(library) == names["result"].kept == len(names["result"].library)
    assert names["result"].summary in capsys.readouterr().out
