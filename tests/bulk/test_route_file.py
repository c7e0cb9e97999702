"""`molgan routes` and `molgan.synthesis_routes`: no row is lost, and what is written can be read."""

import json
from pathlib import Path
from xml.etree import ElementTree

import pandas
import pytest
from typer.testing import CliRunner, Result

pytest.importorskip("syntheseus")

import molgan
from molgan.base.errors import ConfigError
from molgan.chem.retrosynthesis.route import Route
from molgan.cli import app

AMIDE = "[C:1](=[O:2])[OH].[NX3;H1,H2;$(N[#6]);!$(NC=O):3]>>[C:1](=[O:2])[N:3]"
ESTER = "[C:1](=[O:2])O[CH3]>>[C:1](=[O:2])[OH]"
TABLE = "id,smiles,name\n7,CNC(=O)c1ccccc1,one/two\n8,C(,bad\n9,C1CC1,none\n10,NC,block\n"


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOLGAN_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def own(tmp_path: Path) -> list[str]:
    (tmp_path / "stock.smi").write_text("COC(=O)c1ccccc1 acid\nCN amine\n")
    (tmp_path / "reactions.txt").write_text(f"{AMIDE} amide\n{ESTER} ester\n")
    (tmp_path / "in.csv").write_text(TABLE)
    files = ["--stock", str(tmp_path / "stock.smi"), "--templates", str(tmp_path / "reactions.txt")]
    return [str(tmp_path / "in.csv"), *files, "--processes", "1"]


def routes(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["routes", *map(str, arguments)])


def test_a_table_has_a_row_for_every_row_with_reactions_blocks_and_reasons(own: list[str], tmp_path: Path) -> None:
    result = routes(*own, "-o", tmp_path / "out.csv")
    assert result.exit_code == 0, result.output
    table = pandas.read_csv(tmp_path / "out.csv")
    assert table["id"].tolist() == [7, 8, 9, 10] and table["line"].tolist() == [2, 3, 4, 5]
    assert table["solved"].tolist()[::2] == [True, False] and table["steps"].tolist()[::3] == [2, 0]
    first, second = table["reactions"][0].split()
    assert first == "COC(=O)c1ccccc1>>O=C(O)c1ccccc1" and second.endswith(">>CNC(=O)c1ccccc1")
    assert (table["titles"][0], table["titles"][3]) == ("ester; amide", "in stock")
    assert set(table["blocks"][0].split()) == {"COC(=O)c1ccccc1", "CN"}
    assert sorted(table["numbers"][0].split("; ")) == ["acid", "amine"]
    assert "not a SMILES" in table["error"][1] and "no route" in table["error"][2]


def test_json_is_a_list_of_objects_with_whole_routes_and_drawings_are_svg(own: list[str], tmp_path: Path) -> None:
    result = routes(*own, "-o", tmp_path / "out.json", "--draw", tmp_path / "drawn")
    assert result.exit_code == 0, result.output
    found = json.loads((tmp_path / "out.json").read_text())
    assert [(each["line"], each["route"] is None, each["error"] is None) for each in found] == [
        (2, False, True),
        (3, True, False),
        (4, True, False),
        (5, False, True),
    ]
    assert len(Route.from_dict(found[0]["route"]).steps) == 2 and found[0]["fields"]["id"] == "7"
    assert sorted(path.name for path in (tmp_path / "drawn").iterdir()) == ["000002_one_two.svg", "000005_block.svg"]
    drawing = ElementTree.parse(tmp_path / "drawn" / "000002_one_two.svg").getroot()
    texts = ["".join(node.itertext()) for node in drawing.iter("{http://www.w3.org/2000/svg}text")]
    assert texts == [
        "one/two: 2 steps, cost 2",
        "1. ester",
        "2. amide",
        *(f"{number}: {smiles}" for number, smiles in [("amine", "CN"), ("acid", "COC(=O)c1ccccc1")][::-1]),
    ]
    assert len(list(drawing.iter("{http://www.w3.org/2000/svg}path"))) > 4


def test_a_molecule_in_stock_gets_a_route_when_it_is_to_be_made(own: list[str], tmp_path: Path) -> None:
    (tmp_path / "stock.smi").write_text("COC(=O)c1ccccc1 ester\nOC(=O)c1ccccc1 acid\n")
    (tmp_path / "in.csv").write_text("smiles\nOC(=O)c1ccccc1\n")
    routes(*own, "-o", tmp_path / "bought.csv")
    routes(*own, "--make", "-o", tmp_path / "made.csv")
    steps = [pandas.read_csv(tmp_path / f"{name}.csv")["steps"].tolist() for name in ("bought", "made")]
    assert steps == [[0], [1]]


def test_python_gives_the_same_with_the_row_labels_and_the_route_itself(own: list[str]) -> None:
    smiles = pandas.Series(["CNC(=O)c1ccccc1", None], index=["a", "b"])
    table = molgan.synthesis_routes(smiles, stock=own[2], templates=own[4], processes=1)
    assert table.index.tolist() == ["a", "b"]
    assert isinstance(table["route"]["a"], Route) and table["route"]["b"] is None
    assert table["steps"]["a"] == 2 and table["error"]["b"] == "empty"


def test_faults_are_one_line(own: list[str]) -> None:
    with pytest.raises(ConfigError, match=r"synthesis_routes: depth: .*less than or equal to 12"):
        molgan.synthesis_routes(["C"], depth=99)
    result = routes(own[0], "--stock", "enamin")
    assert result.exit_code == 2 and "did you mean 'enamine'?" in result.stderr
