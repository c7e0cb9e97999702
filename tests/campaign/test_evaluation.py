"""What the stages that train the generator have bought: measured beside the data, resumed, and told."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from molgan.base.errors import WeightsError
from molgan.campaign import run
from molgan.campaign.stages.evaluation_stage import count_samples
from molgan.chem.fingerprints import ecfp, internal_diversity
from molgan.chem.molecule import parse_all
from molgan.cli import app
from molgan.config import CampaignConfig
from molgan.filters.funnel import Funnel
from molgan.models.loading import load_generator
from molgan.scoring.objective import Objective

from .progress import Kill, Killed, Told

Configure = Callable[..., CampaignConfig]


def sets_of(folder: Path) -> dict[str, dict[str, float]]:
    done = json.loads((folder / "checkpoints" / "evaluation" / "done.json").read_text())
    assert done["counts"]["samples"] == 20
    return dict(done["counts"]["sets"])


def test_the_figures_are_those_of_what_the_generators_draw(finished: Path, configure: Configure) -> None:
    sets, config = sets_of(finished), configure()
    assert list(sets) == ["data", "prior", "adversarial", "reinforce"]
    for name, place in (
        ("prior", config.generator.weights),
        ("reinforce", finished / "checkpoints" / "reinforce" / "generator"),
    ):
        drawn = load_generator(place).sample(20, seed=config.seed)
        molecules = parse_all([sample.smiles for sample in drawn])
        scores = Objective(config.objective)(molecules)
        figures = sets[name]
        assert figures["molecules"] == 20 and figures["valid"] == 1
        assert figures["distinct"] == pytest.approx(len({molecule.smiles for molecule in molecules}) / 20)
        assert figures["score"] == pytest.approx(np.nanmean(scores.total), abs=1e-4)
        assert figures["passed"] * 20 == len(Funnel(config.filters)(molecules, table=scores.to_frame()).kept)
        diversity = internal_diversity(ecfp([molecule.mol for molecule in molecules]))
        assert figures["diversity"] == pytest.approx(diversity, abs=1e-4)
        assert figures["plausible"] * 20 == len(Funnel(["plausible"])(molecules).kept)
    assert sets["data"]["passed"] > 0  # though none of it is novel
    assert sets["data"]["plausible"] > sets["prior"]["plausible"]
    assert sets["data"]["fcd"] < sets["prior"]["fcd"]


def test_a_choice_of_a_number_does_not_count_as_passing(configure: Configure, tmp_path: Path) -> None:
    (tmp_path / "few.smi").write_text("".join(f"{'C' * n}O\n" for n in range(1, 31)))
    config = configure(
        "adversarial=null",
        "reinforce.steps=0",
        "filters=[valid, {filter: best, n: 2}]",
        "misuse=false",
        f"data.train={tmp_path}/few.smi",
    )
    sets = sets_of(run(config).folder)
    assert sets["data"]["molecules"] == 10 and sets["prior"]["fcd"] is not None  # the other 20 are compared with
    assert sets["data"]["fcd"] is None  # of ten it would be larger than of twenty
    assert list(sets) == ["data", "prior", "reinforce"]
    assert sets["prior"]["passed"] == sets["data"]["passed"] == 1
    assert sets["prior"] == sets["reinforce"]  # no step, no change


def test_a_killed_evaluation_goes_on_where_it_stopped(finished: Path, configure: Configure, tmp_path: Path) -> None:
    import shutil

    folder = shutil.copytree(finished, tmp_path / "run")
    (folder / "checkpoints" / "evaluation" / "done.json").unlink()
    (folder / "checkpoints" / "evaluation" / "reinforce.json").unlink()
    kept = folder / "checkpoints" / "evaluation" / "prior.json"
    before = kept.stat().st_mtime_ns
    with pytest.raises(Killed):
        run(configure(), progress=Kill("evaluation", 3))
    run(configure())
    assert sets_of(folder) == sets_of(finished)
    assert kept.stat().st_mtime_ns == before


def test_what_is_expensive_is_measured_only_on_request(configure: Configure, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("def slow(smiles: str) -> float:\n    return 0.5\n")
    own = f"objective.components.0={{scorer: '{tmp_path}/mine.py:slow'}}"
    assert count_samples(configure("report.samples=null")) == 1000
    assert count_samples(configure("report.samples=null", own)) == 0
    assert count_samples(configure("report.samples=7", own)) == 7
    told = Told()
    config = configure("report.samples=0", "adversarial=null", "reinforce.steps=0", "sample.n=3")
    folder = run(config, progress=told).folder
    assert any(text.startswith("evaluation: left out") for text in told.messages)
    assert "What each stage has bought" not in (folder / "report.html").read_text()


def test_report_and_status_tell_it(finished: Path) -> None:
    report = (finished / "report.html").read_text()
    assert "What each stage has bought" in report and "area under the ROC curve of" in report
    output = CliRunner().invoke(app, ["status", str(finished)]).output
    assert "What each stage has bought, by 20 molecules each" in output
    lines = output.splitlines()
    (row,) = (line for line in lines if line.strip().startswith("After the critic"))
    assert row.rstrip().endswith(" s")
    assert any("adversarial" in line and "AUC of the critic " in line for line in lines)


def test_without_the_weights_of_chemnet_there_is_no_distance(
    configure: Configure, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*arguments: object, **options: object) -> None:
        raise WeightsError("not installed")

    monkeypatch.setenv("MOLGAN_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("molgan.evaluation.chemnet.activations", fail)
    told = Told()
    config = configure("adversarial=null", "reinforce.steps=0", "sample.n=3")
    sets = sets_of(run(config, progress=told).folder)
    assert "evaluation: no FCD: not installed" in told.messages
    assert [figures["fcd"] for figures in sets.values()] == [None] * 3
    assert sets["prior"]["diversity"] > 0
