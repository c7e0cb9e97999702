"""The pieces of a campaign on their own: lock, rounds, the funnel that is fed part by part."""

import errno
import os
import shutil
from pathlib import Path

import pytest

from molgan.base.errors import RunError
from molgan.campaign.run_folder.lock import open_folder, watch_folder
from molgan.campaign.stages.library_stage import next_round
from molgan.chem.molecule import parse_all
from molgan.chem.shipped_sets import load_reference
from molgan.training.metrics_log import MetricsLog
from molgan.training.settings import SampleSettings

MOLECULES = parse_all([record.smiles for record in load_reference("moses_reference_1000")[:40]] * 2 + ["C", "c1cc"])


def test_a_second_process_is_kept_out_and_told_of_the_first(tmp_path: Path) -> None:
    with (
        open_folder(tmp_path / "run"),
        pytest.raises(RunError, match=f"process {os.getpid()} is at work"),
        open_folder(tmp_path / "run"),
    ):
        pass
    with open_folder(tmp_path / "run"):
        pass


@pytest.mark.parametrize("replaced", [False, True])
def test_a_folder_that_is_taken_away_is_one_line(tmp_path: Path, replaced: bool) -> None:
    run = tmp_path / "run"
    with pytest.raises(RunError, match="run: was deleted or replaced while this run was at work"), open_folder(run):
        require_same = watch_folder(run)
        require_same()
        run.rename(tmp_path / "elsewhere")
        if replaced:
            shutil.copytree(tmp_path / "elsewhere", run)
        with pytest.raises(RunError, match="was deleted or replaced"):
            MetricsLog(run, require_same).add({"stage": "a", "step": 1})
        (tmp_path / "run" / "none" / "file").open()


def test_metrics_that_are_deleted_are_one_line(tmp_path: Path) -> None:
    log = MetricsLog(tmp_path)
    log.add({"stage": "a", "step": 1})
    log.path.unlink()
    with pytest.raises(RunError, match=r"metrics.jsonl: was deleted while this run was at work"):
        log.add({"stage": "a", "step": 2})
    assert not log.path.exists()


def test_a_write_that_fails_is_one_line(tmp_path: Path) -> None:
    with (
        pytest.raises(RunError, match=r"metrics.jsonl: cannot be written \(No space left on device\)"),
        open_folder(tmp_path),
    ):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "metrics.jsonl")


def test_leftovers_of_a_killed_process_are_removed(tmp_path: Path) -> None:
    (tmp_path / "samples").mkdir()
    for leftover in (tmp_path / ".library.csv.1.part", tmp_path / "samples" / ".0000.parquet.1.part"):
        leftover.touch()
    with open_folder(tmp_path):
        assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == [".lock"]


def test_a_number_of_molecules_is_drawn_at_once() -> None:
    sample = SampleSettings(n=5000)
    assert [next_round(sample, drawn, 0) for drawn in (0, 5000)] == [5000, 0]


def test_a_target_is_reached_with_as_many_parts_as_the_yield_asks_for() -> None:
    sample = SampleSettings(target=1000, budget=50_000, round=100)
    assert next_round(sample, 0, 0) == 100
    assert next_round(sample, 100, 0) == 400  # nothing passed: on, but not all at once
    assert next_round(sample, 100, 1) == 400  # a yield seen on few molecules is not trusted
    assert next_round(sample, 500, 250) == 1500
    assert next_round(sample, 500, 999) == 100
    assert next_round(sample, 500, 1000) == 0
    assert next_round(sample, 49_950, 10) == 50
    assert next_round(sample, 50_000, 999) == 0
