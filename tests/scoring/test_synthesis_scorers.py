"""The scorers of synthesis routes, with a toy stock and toy reactions; and processes that hang or die."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("syntheseus")

import molgan
from molgan.base.errors import ConfigError, RunError
from molgan.chem.retrosynthesis.route import Outcome
from molgan.scoring.objective import Objective
from molgan.scoring.processes.molecule_processes import Failure
from molgan.scoring.registry import get_scorer
from molgan.scoring.scorers.retrosynthesis import route_settings
from molgan.scoring.scorers.retrosynthesis.route_finder import RouteFinder
from molgan.scoring.scorers.retrosynthesis.route_settings import RouteSettings
from molgan.scoring.settings import ObjectiveSettings

AMIDE = "[C:1](=[O:2])[OH].[NX3;H1,H2;$(N[#6]);!$(NC=O):3]>>[C:1](=[O:2])[N:3]"
ESTER = "[C:1](=[O:2])O[CH3]>>[C:1](=[O:2])[OH]"

# Answers as the real worker does; what the molecule is decides how it fails.
TOY = """
import json, os, sys, time
for line in sys.stdin:
    question = json.loads(line)
    if isinstance(question, dict):
        print("null", flush=True)
        continue
    smiles, seconds = question
    if smiles == "CI":
        time.sleep(60)
    elif smiles == "CBr":
        os.abort()
    elif smiles == "CCl":
        print(json.dumps({"error": "RuntimeError: something"}), flush=True)
    else:
        print(json.dumps({"route": None, "expansions": os.getpid(), "is_exhausted": False}), flush=True)
"""


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOLGAN_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def toy(tmp_path: Path) -> dict[str, object]:
    (tmp_path / "stock.smi").write_text("COC(=O)c1ccccc1 acid\nCN amine\nNCC other\n")
    (tmp_path / "reactions.txt").write_text(f"{AMIDE} amide\n{ESTER} ester\n")
    return {"stock": str(tmp_path / "stock.smi"), "templates": str(tmp_path / "reactions.txt"), "processes": 1}


def test_each_scorer_gives_its_value_and_a_reason_where_there_is_none(toy: dict[str, object]) -> None:
    names = ("synthesis", "synthesis_steps", "synthesis_cost")
    scorers = [{"scorer": name, "parameters": {**toy, "depth": 2}} for name in names]
    smiles = ["CNC(=O)c1ccccc1", "CN", "C1CC1", "CN.Cl", "nonsense"]
    table = molgan.score(smiles, scorers)
    assert (
        table["synthesis"].tolist()[:3] == [True, True, False] and table["synthesis"].isna().tolist()[3:] == [True] * 2
    )
    assert table["synthesis_steps"].tolist()[:2] == [2, 0] and table["synthesis_cost"].tolist()[:2] == [2, 0]
    assert table["synthesis_steps"].isna().tolist() == [False, False, True, True, True]
    assert "no route: all ways to take it apart end outside the stock" in table["error"][2]
    assert "more than one molecule; standardise it first" in table["error"][3]
    assert "not a SMILES" in table["error"][4]


def test_the_note_names_the_reactions(toy: dict[str, object]) -> None:
    scores = get_scorer("synthesis", **toy)(["CNC(=O)c1ccccc1", "CN", "C1CC1"])
    assert scores.notes == ["ester; amide", "in stock", None]


def test_routes_are_searched_for_once_and_kept_on_disk(toy: dict[str, object], tmp_path: Path) -> None:
    finder = RouteFinder(RouteSettings(**toy))  # type: ignore[arg-type]
    (first,) = finder.find(["CNC(=O)c1ccccc1"])
    finder.close()
    (tmp_path / "no_process.py").write_text("raise SystemExit('started')")
    again = RouteFinder(RouteSettings(**toy), module="no_process")  # type: ignore[arg-type]
    assert again.find(["CNC(=O)c1ccccc1"]) == [first]
    assert isinstance(first, Outcome) and first.route is not None
    with pytest.raises(RunError, match="search for a route does not start"):
        again.find(["CCNC(=O)c1ccccc1"])


def test_the_content_of_files_decides_the_key_and_not_their_place(toy: dict[str, object], tmp_path: Path) -> None:
    def key(**changes: object) -> str:
        return get_scorer("synthesis", **{**toy, **changes}).key

    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "stock.smi").write_text(Path(str(toy["stock"])).read_text())
    (tmp_path / "fewer.smi").write_text("CN amine\n")
    assert key() == key(stock=str(tmp_path / "elsewhere" / "stock.smi")) == key(processes=2, timeout=9)
    assert len({key(), key(stock=str(tmp_path / "fewer.smi")), key(depth=2), key(expansions=7)}) == 4
    assert key() != get_scorer("synthesis_steps", **toy).key


def test_an_objective_takes_solved_as_it_is_and_steps_by_a_transform(toy: dict[str, object]) -> None:
    names = ("synthesis", "synthesis_steps")
    settings = ObjectiveSettings(components=[{"scorer": name, "parameters": toy} for name in names])  # type: ignore[list-item]
    with Objective(settings) as objective:
        table = objective(["CNC(=O)c1ccccc1", "CN", "C1CC1"]).to_frame()
    assert table["synthesis_score"].tolist() == [1, 1, 0]
    assert 0.5 < table["synthesis_steps_score"][0] < table["synthesis_steps_score"][1] <= 1
    assert table["score"][2] == 0


@pytest.fixture
def toys(toy: dict[str, object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[RouteFinder]:
    (tmp_path / "route_toy.py").write_text(TOY)
    monkeypatch.syspath_prepend(tmp_path)
    settings = RouteSettings(**{**toy, "processes": 2, "timeout": 2.0})  # type: ignore[arg-type]
    finder = RouteFinder(settings, module="route_toy")
    yield finder
    finder.close()


def test_a_molecule_that_hangs_or_ends_its_process_is_a_failure_and_the_rest_goes_on(toys: RouteFinder) -> None:
    began = time.monotonic()
    found = toys.find(["C", "CI", "CBr", "CC", "CCl", "C"])
    assert time.monotonic() - began < 30
    assert found[1:3] == [
        Failure("search for a route took longer than 2 s"),
        Failure("the search for a route process ended by itself (SIGABRT)"),
    ]
    assert found[4] == Failure("RuntimeError: something")
    assert all(isinstance(found[place], Outcome) for place in (0, 3, 5)) and found[0] == found[5]
    assert toys.find(["CCl"]) == [Failure("RuntimeError: something")]  # not kept, asked again


@pytest.mark.parametrize(
    ("parameters", "told"),
    [
        ({"stock": "enamin"}, "did you mean 'enamine'"),
        ({"stock": []}, "at least 1 item"),
        ({"templates": "none.txt"}, r"none\.txt: no such file"),
        ({"depth": 0}, "greater than or equal to 1"),
        ({"expansion": 5}, "did you mean 'expansions'"),
    ],
)
def test_wrong_parameters_are_refused_in_one_line(parameters: dict[str, object], told: str) -> None:
    with pytest.raises(ConfigError, match=told) as error:
        get_scorer("synthesis", **parameters)
    assert "\n" not in str(error.value)


def test_without_the_engine_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(route_settings, "find_spec", lambda name: None)
    with pytest.raises(ConfigError, match=r"scorer 'synthesis' needs syntheseus: pip install 'molgan\[synthesis\]'"):
        get_scorer("synthesis")
