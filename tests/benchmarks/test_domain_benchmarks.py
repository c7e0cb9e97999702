"""The figures that scripts/benchmarks/adapt.py and translate.py print: their definitions."""

import importlib
import sys
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from rdkit import Chem

from molgan.graphs.motif.actions import Vocabulary
from molgan.models.motif.motif_generator import MotifGenerator
from molgan.models.settings import MotifNetworkSettings
from molgan.training.domains.settings import AdaptationSettings

FOLDER = Path(__file__).parents[2] / "scripts" / "benchmarks"
LEAD = "COc1ccc(C(N)=O)cc1"


@pytest.fixture
def load(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(FOLDER))
    return importlib.import_module


def test_samples_are_compared_with_what_was_held_out(load: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    adapt = load("adapt")
    monkeypatch.setattr(adapt, "fit_molecules", lambda smiles: smiles)
    monkeypatch.setattr(adapt, "distance", lambda a, b: 7.0)
    examples, held = ["Cc1ccccc1", "CCO"], ["CCc1ccncc1", "OC1CCCC1", "Clc1ccccc1"]
    drawn = ["Cc1ccccc1", "CCc1ccncc1", "Cc1ccncc1", "not one", "Cc1ccccc1"]
    figures = adapt.measure(drawn, examples, held)
    assert figures["copies"] == figures["near_copies"] == 0.5
    assert figures["scaffolds"] == 0.5, "of pyridine and cyclopentane; benzene is an example's"
    assert 0.4 < figures["similarity"] < 1 and 0 < figures["diversity"] < 1 and figures["fcd"] == 7
    learned, other = adapt.halve([str(i) for i in range(11)], 3)
    assert len(learned) == 5 and sorted(learned + other) == sorted(str(i) for i in range(11))


def test_the_comparison_runs_and_goes_on(
    load: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    adapt = load("adapt")
    monkeypatch.setattr(adapt, "fit_molecules", lambda smiles: smiles)
    monkeypatch.setattr(adapt, "distance", lambda a, b: 7.0)
    monkeypatch.setattr(adapt, "AdaptationSettings", partial(AdaptationSettings, epochs=1, folds=2))
    torch.manual_seed(0)
    network = MotifNetworkSettings(embedding=8, hidden=8, layers=1)
    MotifGenerator(Vocabulary(("C", "O", "N", "c1ccccc1")), network, max_atoms=8).save(tmp_path / "prior" / "weights")
    rows = [f"{'C' * i}{end},{10 * i},0" for i in range(1, 7) for end in ("c1ccccc1", "O")]
    (tmp_path / "T.csv").write_text("smiles,exp_mean [nM],y\n" + "\n".join([*rows, "CCCCCCCCN,5000,0"]))
    call = [str(tmp_path), "--weights", str(tmp_path / "prior"), "--targets", "T", "--seeds", "1", "--sizes", "6", "50"]
    call += ["--samples", "20", "--epochs", "1", "--drawn", "60", "--keep", str(tmp_path / "kept")]
    monkeypatch.setattr(sys, "argv", ["adapt.py", *call])
    adapt.main()
    first = capsys.readouterr().out
    assert [line.split(" | ")[1] for line in first.splitlines()[2:-1]] == list(adapt.WAYS)
    assert len((tmp_path / "kept" / "results.jsonl").read_text().splitlines()) == 5, "50 actives are not there"
    adapt.main()
    assert capsys.readouterr().out == first


def test_the_table_and_the_plot_have_all_ways(load: Any, capsys: pytest.CaptureFixture[str]) -> None:
    adapt = load("adapt")
    rows = [
        {"target": "T", "seed": seed, "size": size, "way": way, **dict.fromkeys(adapt.FIGURES, float(seed))}
        for seed in (1, 3)
        for size in (20, 50)
        for way in adapt.WAYS
    ]
    adapt.print_table(rows)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 12 and lines[2].startswith("| 20 | prior | 2 ± 1 |") and lines[2].endswith("| 2 |")
    assert adapt.plot(rows).count("<polyline") == 30


def test_success_gain_and_diversity_are_those_of_the_authors(load: Any) -> None:
    translate = load("translate")
    found = [["CNc1ccc(C(N)=O)cc1", "CSc1ccc(C(N)=O)cc1", LEAD, "CCO"], [], ["COc1ccc(C(N)=O)cc1F"]]
    values = {"CNc1ccc(C(N)=O)cc1": 0.95, "CSc1ccc(C(N)=O)cc1": 0.91, LEAD: 0.99, "CCO": 0.99}
    values["COc1ccc(C(N)=O)cc1F"] = 0.5
    sources, before = [LEAD, "CCN", LEAD], [0.7, 0.7, 0.8]
    figures = translate.judge(translate.TASKS["qed"], sources, before, found, values)
    assert figures["success"] == pytest.approx(1 / 3), "the source itself and what is unlike it do not count"
    assert 0 < figures["diversity"] < 1
    gained = translate.judge(translate.TASKS["logp04"], sources, before, found, values)
    assert gained["gain"] == pytest.approx((0.95 - 0.7) / 3)


def test_penalised_logp_is_that_of_the_authors_code(load: Any) -> None:
    translate = load("translate")
    smiles = "ClC1=CC=C2C(C=C(C(C)=O)C(C(NC3=CC(NC(NC4=CC(C5=C(C)C=CC=C5)=CC=C4)=O)=CC=C3)=O)=C2)=C1"
    assert translate.score("logp04", [smiles], None) == [pytest.approx(5.30, abs=0.01)]
    cyclooctane = Chem.MolFromSmiles("C1CCCCCCC1")
    assert translate.penalise(cyclooctane, 0, 0) - translate.penalise(Chem.MolFromSmiles("C1CCCCC1"), 0, 0) == (
        pytest.approx(-2 / 0.2860212110245455)
    )


def test_without_its_oracle_drd2_is_not_measured(load: Any) -> None:
    with pytest.raises(SystemExit, match="the task has no other oracle"):
        load("translate").score("drd2", [LEAD], None)
