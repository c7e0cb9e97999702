"""The filters of synthesis: routes, and what can be bought."""

from pathlib import Path

import pytest

import molgan
from molgan.base.errors import ConfigError
from molgan.filters.registry import get_filter

AMIDE = "[C:1](=[O:2])[OH].[NX3;H1,H2;$(N[#6]);!$(NC=O):3]>>[C:1](=[O:2])[N:3]"
ESTER = "[C:1](=[O:2])O[CH3]>>[C:1](=[O:2])[OH]"
SMILES = ["CNC(=O)c1ccccc1", "CN", "C1CC1", "nonsense"]


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOLGAN_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def stock(tmp_path: Path) -> str:
    (tmp_path / "stock.smi").write_text("COC(=O)c1ccccc1 acid\nCN amine\nC[C@H](O)C(=O)O lactic\n")
    return str(tmp_path / "stock.smi")


def test_only_molecules_with_a_route_within_the_limits_are_kept(stock: str, tmp_path: Path) -> None:
    pytest.importorskip("syntheseus")
    (tmp_path / "reactions.txt").write_text(f"{AMIDE} amide\n{ESTER} ester\n")
    stage = {"filter": "synthesis", "stock": stock, "templates": str(tmp_path / "reactions.txt"), "processes": 1}

    def judge(**limits: float) -> list[str | None]:
        return molgan.filter(SMILES, {**stage, **limits})["reason"].tolist()

    free = judge()
    assert free[:3] == [None, None, "no route: all ways to take it apart end outside the stock"]
    assert "not a SMILES" in str(free[3])
    assert judge(most_steps=1)[:2] == ["steps above 1: 2", None]
    assert judge(most_cost=1.5)[:2] == ["cost above 1.5: 2", None]


def test_what_is_in_stock_is_kept_or_dropped(stock: str) -> None:
    smiles = ["NC", "CC(O)C(=O)O", "C[C@@H](O)C(=O)O", "nonsense"]
    kept = molgan.filter(smiles, {"filter": "in_stock", "stock": stock})
    assert kept["kept"].tolist() == [True, True, False, False]
    assert kept["reason"].tolist()[2] == "not in stock"
    dropped = molgan.filter(smiles, {"filter": "in_stock", "stock": stock, "keep": "out"})
    assert dropped["kept"].tolist() == [False, False, True, False]
    assert dropped["reason"].tolist()[:2] == ["in stock: amine", "in stock: lactic"]


def test_a_catalogue_is_asked_where_no_stock_has_a_molecule(stock: str, tmp_path: Path) -> None:
    molbloom = pytest.importorskip("molbloom")
    own = molbloom.CustomFilter(size=1000, n=10, name="own")
    own.add(molbloom.canon("c1ccccc1O"))
    own.save(str(tmp_path / "own.bloom"))
    stage = {"filter": "in_stock", "stock": stock, "catalogue": str(tmp_path / "own.bloom"), "keep": "out"}
    reasons = molgan.filter(["NC", "Oc1ccccc1", "CCCCCCC"], stage)["reason"].tolist()
    assert reasons == ["in stock: amine", "in stock: own", None]
    shipped = {"filter": "in_stock", "stock": stock, "catalogue": "zinc-instock-mini"}
    assert molgan.filter(["CCCO"], shipped)["kept"].tolist() == [True]


def test_a_catalogue_that_is_not_here_is_told_before_any_work_and_never_fetched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("molbloom")
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(ConfigError, match=r"'zinc-instock' is not on this machine.*download it once") as error:
        get_filter("in_stock", catalogue="zinc-instock")
    assert "\n" not in str(error.value) and list(tmp_path.iterdir()) == []
    with pytest.raises(ConfigError, match="did you mean 'zinc20'"):
        get_filter("in_stock", catalogue="zinc-20")
