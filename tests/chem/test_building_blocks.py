"""Stocks and sets of templates: shipped ones, and files of a user's own."""

import gzip
from pathlib import Path

import pytest

from molgan.base.errors import ConfigError, InputError
from molgan.chem.retrosynthesis import building_blocks
from molgan.chem.retrosynthesis.building_blocks import BuildingBlocks, find_stock
from molgan.chem.retrosynthesis.template_files import SHIPPED, find_templates, hash_templates, load_templates


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOLGAN_CACHE", str(tmp_path / "cache"))


def test_shipped_stocks_have_numbers_and_are_found_in_canonical_form() -> None:
    blocks = BuildingBlocks.load(["enamine", "reagents"])
    assert len(blocks) > 137_000
    assert blocks.find("O=Cc1ccccn1") == "15"  # as the package synthemol numbers it
    assert blocks.find("C1CO1") == "oxirane"
    assert blocks.find("CCCCCCCCCCCCCCCCCCCCCC") is None


def test_a_file_is_read_without_salts_and_with_its_numbers(tmp_path: Path) -> None:
    path = tmp_path / "stock.csv"
    path.write_text("price,SMILES,ID\n9,Cl.NCc1ccccc1,A-1\n8,OC(=O)[C@H](C)O,A-2\n7,nonsense,A-3\n6,NCc1ccccc1,A-4\n")
    blocks = BuildingBlocks.load([str(path)])
    assert len(blocks) == 2
    assert blocks.find("NCc1ccccc1") == "A-1"
    assert blocks.find("C[C@H](O)C(=O)O") == "A-2"
    assert blocks.find("C[C@@H](O)C(=O)O") is None
    assert blocks.find("CC(O)C(=O)O") == "A-2"  # no stereo asked for: any isomer will do
    assert "CC(O)C(=O)O" in blocks and "CC" not in blocks


def test_the_first_stock_that_has_a_molecule_numbers_it_and_the_content_decides_the_identity(tmp_path: Path) -> None:
    for name, text in (("a.smi", "CCO one\n"), ("b.smi", "OCC two\nCC three\n"), ("c.smi", "OCC one\n")):
        (tmp_path / name).write_text(text)
    load = lambda *names: BuildingBlocks.load([str(tmp_path / name) for name in names])  # noqa: E731
    assert load("a.smi", "b.smi").find("CCO") == "one" and load("b.smi", "a.smi").find("CCO") == "two"
    assert load("a.smi").identity == load("c.smi").identity != load("b.smi").identity


def test_a_file_is_canonicalised_once_and_again_by_another_rdkit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.smi").write_text("OCC one\n")
    calls = []
    original = building_blocks.canonicalise
    monkeypatch.setattr(building_blocks, "canonicalise", lambda rows: calls.append(1) or original(rows))
    for _ in range(2):
        assert BuildingBlocks.load([str(tmp_path / "a.smi")]).find("CCO") == "one"
    assert len(calls) == 1
    monkeypatch.setattr(building_blocks.rdkit, "__version__", "1999.9")
    assert BuildingBlocks.load([str(tmp_path / "a.smi")]).find("CCO") == "one"
    assert BuildingBlocks.load(["reagents"]).find("C1CO1") == "oxirane"
    assert len(calls) == 3


def test_an_unknown_stock_or_set_gets_the_nearest_name(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="did you mean 'enamine'"):
        find_stock("enamin")
    with pytest.raises(ConfigError, match=r"none\.smi: no such file"):
        find_stock("none.smi")
    with pytest.raises(ConfigError, match="did you mean 'synformer'"):
        find_templates("synformers")
    (tmp_path / "own.txt").write_text("CCO>>CC=O\n")
    assert find_templates("own.txt", tmp_path) == str((tmp_path / "own.txt").resolve())


def test_templates_are_lines_with_a_name_behind_or_a_table(tmp_path: Path) -> None:
    lines = tmp_path / "lines.txt"
    lines.write_text("# mine\n[C:1][OH:2]>>[C:1]=[O:2]\toxidation of mine\n\n[C:1]=[O:2]>>[C:1][OH:2]\n")
    assert [each.name for each in load_templates([str(lines)])] == ["oxidation of mine", "lines:4"]
    table = tmp_path / "table.csv"
    table.write_text('cost,smarts,title\n2.5,"[C:1][OH:2]>>[C:1]=[O:2]",an oxidation\n')
    (template,) = load_templates([str(table)])
    assert (template.name, template.title, template.cost) == ("table:2", "an oxidation", 2.5)
    assert hash_templates([template]) != hash_templates(load_templates([str(lines)]))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("CCO\n", "line 1: 'CCO' is not reaction SMARTS"),
        ("smarts,costs\n[C:1]>>[C:1]O,1\n", "no column 'costs' is known, did you mean 'cost'"),
        ("smarts,cost\n[C:1]>>[C:1]O,-1\n", "line 2: the cost of a reaction is above 0"),
        ("smarts,clash\n[C:1]>>[C:1]O,[[\n", r"line 2: '\[\[' is not SMARTS"),
        ("# nothing\n", "no reaction"),
    ],
)
def test_templates_that_cannot_be_used_are_refused_with_file_and_line(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "own.csv"
    path.write_text(text)
    with pytest.raises(InputError, match=told) as error:
        load_templates([str(path)])
    assert str(path) in str(error.value) and "\n" not in str(error.value)


def test_shipped_sets_have_titles_and_costs_and_no_name_twice() -> None:
    templates = load_templates(list(SHIPPED))
    assert len(templates) > 240 and len({each.name for each in templates}) == len(templates)
    assert all(1 <= each.cost <= 3 and each.title != each.name for each in templates)


def test_a_damaged_entry_of_the_cache_costs_time_only(tmp_path: Path) -> None:
    (tmp_path / "a.smi").write_text("OCC one\n")
    BuildingBlocks.load([str(tmp_path / "a.smi")])
    (entry,) = (tmp_path / "cache").rglob("*.tsv.gz")
    for content in (b"", gzip.compress(b"")[:10], b"text"):
        entry.write_bytes(content)
        assert BuildingBlocks.load([str(tmp_path / "a.smi")]).find("CCO") == "one"
