"""The whole campaign in miniature: what it leaves, and that it resumes to the same library."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pandas
import pytest
from rdkit import Chem
from typer.testing import CliRunner

from molgan.base.errors import ConfigError, RunError
from molgan.campaign import run
from molgan.chem.molecule import parse
from molgan.cli import app
from molgan.config import CampaignConfig, load_config

from .progress import Kill, Killed, Told

Configure = Callable[..., CampaignConfig]
LIBRARY = ("library.csv", "library.smi", "library.sdf", "library.parquet", "rejected.csv", "reference.csv")


def library_of(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in LIBRARY}


@pytest.fixture
def copied(finished: Path, tmp_path: Path) -> Path:
    """A finished run folder of the test's own, where `configure` puts it."""
    return shutil.copytree(finished, tmp_path / "run")


def test_a_run_leaves_the_library_the_rejected_and_the_record(finished: Path, home: Path) -> None:
    library, rejected = pandas.read_csv(finished / "library.csv"), pandas.read_csv(finished / "rejected.csv")
    stages = json.loads((finished / "funnel.json").read_text())
    manifest = json.loads((finished / "manifest.json").read_text())
    columns = ["id", "rank", "smiles", "score", "qed", "sa", "mw", "qed_score", "sa_score", "mw_score", "realism"]
    assert list(library) == [*columns, "scaffold", "nearest_known", "nearest_similarity", "controlled"]
    assert list(rejected) == ["id", "smiles", "stage", "reason"]
    assert len(library) + len(rejected) == stages[0]["entered"] == 25
    assert stages[-1]["kept"] == manifest["stages"]["library"]["library"] == len(library)
    assert rejected["reason"].notna().all()
    assert library["id"].is_unique
    assert library["score"].is_monotonic_decreasing
    assert list(library["rank"]) == list(range(1, len(library) + 1))
    assert all(parse(smiles).smiles == smiles for smiles in library["smiles"])
    assert library["realism"].between(0, 1).all()
    assert library["nearest_similarity"].between(0, 1).all()
    assert len(list(Chem.SDMolSupplier(str(finished / "library.sdf")))) == len(library)
    assert len(pandas.read_csv(finished / "reference.csv")) == 10
    assert "mini" in (finished / "report.html").read_text()
    assert load_config(finished / "config.yaml") == load_config(home / "mini.yaml", [f"out={finished}"])
    counts = manifest["scores"]["qed"]
    assert counts["scored"] + counts["cached"] > 0 == counts["failed"] == counts["not_asked"]
    assert set(manifest["stages"]) == {"adversarial", "reinforce", "library", "evaluation", "reference"}


def test_the_work_before_the_critic_has_bars(configure: Configure) -> None:
    with pytest.raises(Killed):
        run(configure(), progress=Kill("molecules for the critic", 1))
    with pytest.raises(Killed):
        run(configure(), progress=Kill("descriptions for the critic", 2))


def test_another_seed_gives_another_library(finished: Path, configure: Configure) -> None:
    result = run(configure("seed=4", "adversarial=null"))
    assert library_of(result.folder) != library_of(finished)
    assert "realism" not in pandas.read_csv(result.folder / "library.csv")


def test_killed_again_and_again_it_ends_with_the_same_library(finished: Path, configure: Configure) -> None:
    config = configure()
    points = [("critic", 1), ("adversarial", 1), ("adversarial", 3), ("reinforce", 1), ("reinforce", 3), ("sample", 2)]
    for task, times in points:
        with pytest.raises(Killed):
            run(config, progress=Kill(task, times))
    told = Told()
    run(config, progress=told)
    assert library_of(config.folder) == library_of(finished)
    assert (config.folder / "metrics.jsonl").read_text() == (finished / "metrics.jsonl").read_text()
    assert told.messages[:3] == [
        "adversarial: done already, skipped",
        "reinforce: done already, skipped",
        "library: goes on where it stopped",
    ]


def test_what_is_done_is_not_done_again(copied: Path, configure: Configure) -> None:
    before = {path: path.stat().st_mtime_ns for path in copied.rglob("*") if path.is_file()}
    told = Told()
    result = run(configure(), progress=told)
    after = {path: path.stat().st_mtime_ns for path in before}
    assert told.messages == [
        f"{stage}: done already, skipped"
        for stage in ("adversarial", "reinforce", "library", "evaluation", "reference", "report")
    ]
    assert {path.name for path in before if before[path] != after[path]} == {"config.yaml", ".lock", "log.jsonl"}
    assert (result.kept, result.drawn) == (len(pandas.read_csv(copied / "library.csv")), 25)
    assert result.seconds["adversarial"] > 0


def test_an_edited_filter_neither_trains_nor_draws_again(copied: Path, configure: Configure) -> None:
    drawn = {path: path.stat().st_mtime_ns for path in (copied / "samples").iterdir()}
    told = Told()
    run(configure("filters.2.min=5"), progress=told)
    assert told.messages == [
        "adversarial: done already, skipped",
        "reinforce: done already, skipped",
        "library: runs again, filters.stages.3.min is 5, was 3",
        "sample: 25 of 25 molecules come from an earlier run",
        "evaluation: runs again, filters.stages.3.min is 5, was 3",
        "reference: done already, skipped",
        "report: runs again, after library",
    ]
    assert {path: path.stat().st_mtime_ns for path in (copied / "samples").iterdir()} == drawn
    assert all(parse(smiles).mol.GetNumAtoms() >= 5 for smiles in pandas.read_csv(copied / "library.csv")["smiles"])


def test_an_edited_stage_runs_again_with_all_after_it_as_if_it_were_new(
    copied: Path, configure: Configure, tmp_path: Path
) -> None:
    told = Told()
    run(configure("reinforce.steps=2", "sample.n=12"), progress=told)
    assert [text for text in told.messages if not text.startswith("refused before")][:3] == [
        "adversarial: done already, skipped",
        "reinforce: runs again, reinforce.steps is 2, was 4",
        "library: runs again, sample.n is 12, was 25",
    ]
    assert sorted(path.name for path in (copied / "samples").glob("????.parquet")) == ["0000.parquet", "0001.parquet"]
    fresh = run(configure(f"out={tmp_path / 'fresh'}", "reinforce.steps=2", "sample.n=12"))
    assert library_of(copied) == library_of(fresh.folder)
    assert (copied / "metrics.jsonl").read_text() == (fresh.folder / "metrics.jsonl").read_text()


def test_a_stage_that_is_taken_out_leaves_nothing_behind(copied: Path, configure: Configure) -> None:
    told = Told()
    run(configure("reinforce=null"), progress=told)
    assert told.messages[0] == "reinforce: no longer part of this campaign; its checkpoints are deleted"
    assert "library: runs again, after adversarial" in told.messages
    assert '"reinforce"' not in (copied / "metrics.jsonl").read_text()
    assert not (copied / "checkpoints" / "reinforce").exists()


def test_files_that_are_gone_or_damaged_are_made_again(copied: Path, finished: Path, configure: Configure) -> None:
    (copied / "library.sdf").unlink()
    (copied / "samples" / "0001.parquet").write_bytes(b"PAR1")
    (copied / "samples" / "0002.scores.parquet").unlink()
    run(configure())
    assert library_of(copied) == library_of(finished)


def test_a_target_is_met_by_drawing_more(configure: Configure) -> None:
    config = configure("adversarial=null", "reinforce=null", "sample={target: 15, round: 10}")
    result = run(config)
    assert 15 <= result.kept == len(result.library) < result.drawn
    assert result.drawn % 10 == 0
    assert not result.short
    assert f"of {result.drawn} drawn" in result.summary


def test_short_of_its_target_it_names_the_filter_that_starves_it(configure: Configure) -> None:
    overrides = ("sample={target: 50, budget: 25, round: 10}", "filters.2.min=10", "filters.5.most=50")
    for _ in range(2):
        result = run(configure("adversarial=null", "reinforce=null", *overrides))
        assert (result.drawn, result.starved_by, result.short) == (25, "size", True)
        assert "short of the 50 asked for: the filter 'size' rejects most" in result.summary


def test_the_command_line_ends_with_3_when_short(configure: Configure, home: Path, tmp_path: Path) -> None:
    overrides = ("adversarial=null", "reinforce=null", "sample={target: 30, budget: 5}", f"out={tmp_path / 'run'}")
    result = CliRunner().invoke(app, ["run", str(home / "mini.yaml"), *overrides])
    assert result.exit_code == 3, result.output
    assert "short of the 30 asked for" in result.stdout


def test_a_target_that_no_budget_can_meet_is_refused_before_any_work(configure: Configure, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"'best' keeps 5 molecules at most, fewer than sample\.target 6"):
        run(configure("sample={target: 6}", "filters.5={filter: best, n: 5}"))
    assert not (tmp_path / "run").exists()


def test_a_run_folder_that_cannot_be_made_is_one_line(configure: Configure, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(RunError, match=r"^[^\n]*/file/run: cannot be written \(Not a directory\)[^\n]*$"):
        run(configure(f"out={tmp_path / 'file' / 'run'}"))


@pytest.mark.slow
def test_ray_workers_give_the_same_library(copied: Path, finished: Path, configure: Configure) -> None:
    for made in ("library.csv", "samples/0000.scores.parquet"):
        (copied / made).unlink()
    run(configure("compute.workers=1"))
    assert library_of(copied) == library_of(finished)
