"""The figures that scripts/benchmarks/analogues.py prints: their definitions, and what is drawn beside ours."""

import importlib
from pathlib import Path
from typing import Any

import pytest
import torch
from rdkit import Chem

from molgan.graphs.motif.actions import Vocabulary
from molgan.models.analogues.analogue_search import AnalogueSearch
from molgan.models.analogues.request import AnalogueRequest
from molgan.models.motif.motif_generator import MotifGenerator
from molgan.models.settings import MotifNetworkSettings, SourceSettings

FOLDER = Path(__file__).parents[2] / "scripts" / "benchmarks"
LEAD = "COc1ccc(C(N)=O)cc1"


@pytest.fixture
def analogues(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(FOLDER))
    return importlib.import_module("analogues")


@pytest.fixture
def search() -> AnalogueSearch:
    torch.manual_seed(0)
    network, source = MotifNetworkSettings(embedding=8, hidden=8, layers=1), SourceSettings(width=8, layers=1, heads=1)
    vocabulary = Vocabulary(("C", "O", "N", "C=O", "c1ccccc1", "F"))
    generator = MotifGenerator(vocabulary, network, max_atoms=16, source=source).eval()
    return AnalogueSearch(generator, AnalogueRequest(properties=()), seed=0)


def test_figures_are_what_they_are_called(analogues: Any) -> None:
    source = analogues.Source(LEAD, [], ("CNc1ccc(C(N)=O)cc1", "NC(=O)c1ccccc1"))
    drawn = ["COc1ccc(C(N)=O)cc1", "CNc1ccc(C(N)=O)cc1", "CNc1ccc(C(N)=O)cc1", "not one", "NC(=O)c1ccccc1"]
    figures = analogues.measure([source], [drawn], (0.5, 0.8), 4)
    valid, distinct, within, others, similarity, few, many = figures
    assert (valid, distinct, others) == (0.75, 0.5, 0.5)
    assert (few, many) == (0.5, 1.0)
    assert 0 <= within <= 0.5 and 0.5 < similarity < 1


def test_sources_have_real_analogues_first(analogues: Any, search: AnalogueSearch, tmp_path: Path) -> None:
    series = [f"{left}c1ccc(C(N)=O)cc1" for left in ("CO", "CC", "F")]
    (tmp_path / "test.csv").write_text("smiles,tier\n" + "\n".join(f"{text},chembl" for text in [*series, "CCO"]))
    (tmp_path / "drugs.csv").write_text("smiles,source\nNC(=O)c1ccccc1,approved drug\nC[Pt]C,ChEMBL\n")
    found = analogues.choose_sources(search, 2, [tmp_path / "test.csv"], tmp_path / "drugs.csv")
    assert [each.smiles for each in found] == [LEAD, "NC(=O)c1ccccc1"]
    assert set(found[0].real) == {Chem.CanonSmiles(text) for text in series[1:]}
    assert len(found[1].real) == 3


@pytest.mark.parametrize("way", ["ours", "genetic", "prior"])
def test_each_way_draws_what_it_is_asked_for(analogues: Any, search: AnalogueSearch, way: str) -> None:
    (source,) = analogues.make_source(search, LEAD, ())
    draw = analogues.list_ways(search, (0.5, 0.8), None)[way]
    drawn = draw(source, 10, 3)
    assert len(drawn) == 10 and all(Chem.MolFromSmiles(text) is not None for text in drawn)
    assert draw(source, 10, 3) == drawn != draw(source, 10, 4)
