"""A stage is done once for its settings and inputs."""

from pathlib import Path

import pytest

from molgan.base.content import add_contents
from molgan.base.errors import WeightsError
from molgan.base.progress import Silent
from molgan.campaign.run_folder.stage_record import Counts, StageRecord

from .progress import Told


def perform(
    run: Path, *, fail: bool = False, after: StageRecord | None = None, **settings: object
) -> tuple[StageRecord, Told, bool]:
    """The stage, what was told, and whether it took up what an interrupted run had left."""
    stage, told, resumed = StageRecord(run, "draw", {"draw": settings}, after=[after]), Told(), False

    def work(resumes: bool) -> Counts:
        nonlocal resumed
        resumed = (stage.folder / "half").exists()
        assert resumed <= resumes
        (stage.folder / "half").touch()
        if fail:
            raise KeyboardInterrupt
        return {"drawn": 1}

    stage.perform(work, told)
    return stage, told, resumed


def test_a_second_time_it_is_skipped_and_says_so(tmp_path: Path) -> None:
    first, told, _ = perform(tmp_path, n=1)
    assert told.messages == []
    second, told, _ = perform(tmp_path, n=1)
    assert told.messages == ["draw: done already, skipped"]
    assert second.record == first.record
    assert second.record["counts"] == {"drawn": 1}


def test_interrupted_it_goes_on_with_what_it_left(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        perform(tmp_path, n=1, fail=True)
    _, told, resumed = perform(tmp_path, n=1)
    assert told.messages == ["draw: goes on where it stopped"]
    assert resumed


def test_with_other_settings_it_starts_anew_even_if_interrupted_in_between(tmp_path: Path) -> None:
    perform(tmp_path, n=1)
    with pytest.raises(KeyboardInterrupt):
        perform(tmp_path, n=2, fail=True)
    _, told, resumed = perform(tmp_path, n=1)
    assert told.messages == ["draw: runs again, draw.n is 1, was 2"]
    assert not resumed


@pytest.mark.parametrize(
    ("before", "now", "told"),
    [
        ({"n": 1}, {"n": None}, "draw.n is not set, was 1"),
        ({}, {"n": 3}, "draw.n is 3, was not set"),
        ({"a": 1, "b": [1, 2]}, {"a": 2, "b": [1, 3]}, "draw.a is 2, was 1 (and 1 more)"),
        ({"b": [1]}, {"b": [1, 2]}, "draw.b.1 is 2, was not set"),
    ],
)
def test_it_says_which_setting_changed(
    tmp_path: Path, before: dict[str, object], now: dict[str, object], told: str
) -> None:
    perform(tmp_path, **before)
    assert perform(tmp_path, **now)[1].messages == [f"draw: runs again, {told}"]


def test_it_runs_again_after_a_stage_that_did(tmp_path: Path) -> None:
    trained = [StageRecord(tmp_path, "train", {"steps": steps}) for steps in (1, 2)]
    perform(tmp_path, after=trained[0])
    assert perform(tmp_path, after=trained[1])[1].messages == ["draw: runs again, after train"]
    assert perform(tmp_path)[1].messages == ["draw: runs again, after train"]


def test_a_missing_output_is_made_again(tmp_path: Path) -> None:
    def work(_: bool) -> Counts:
        (tmp_path / "out").touch()
        return {}

    def done() -> StageRecord:
        stage = StageRecord(tmp_path, "draw", {}, outputs={"out": tmp_path / "out"})
        stage.perform(work, Silent())
        return stage

    done()
    (tmp_path / "out").unlink()
    done()
    assert (tmp_path / "out").exists()


def test_an_output_that_has_changed_is_made_again(tmp_path: Path) -> None:
    out, told = tmp_path / "out", Told()

    def work(_: bool) -> Counts:
        out.write_text("whole")
        return {}

    def done() -> None:
        StageRecord(tmp_path, "draw", {}, outputs={"out": out}).perform(work, told)

    done()
    for damaged in ("who", "WHOLE"):
        out.write_text(damaged)
        done()
        assert out.read_text() == "whole"
    done()
    changed = ["draw: out changed since and is made again", "draw: goes on where it stopped"]
    assert told.messages == [*changed, *changed, "draw: done already, skipped"]


def test_a_stage_that_does_not_restart_keeps_what_it_has_learned(tmp_path: Path) -> None:
    def begin(epochs: int, *, learns: bool) -> None:
        record = StageRecord(tmp_path, "train", {"epochs": epochs}, restarts=False)

        def work(resumes: bool) -> Counts:
            if learns:
                (record.folder / "checkpoint").mkdir(exist_ok=True)
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            record.perform(work, Silent())

    begin(1, learns=False)
    begin(2, learns=True)
    begin(2, learns=True)
    with pytest.raises(WeightsError, match=r"of another training \(epochs is 3, was 2\)"):
        begin(3, learns=True)
    assert (tmp_path / "checkpoints" / "train" / "checkpoint").exists()


def test_a_damaged_record_counts_as_none(tmp_path: Path) -> None:
    stage, _, _ = perform(tmp_path, n=1)
    (stage.folder / "done.json").write_text("{")
    assert perform(tmp_path, n=1)[1].messages == ["draw: goes on where it stopped"]


def test_a_key_depends_on_the_files_and_folders_that_are_named(tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "weights").write_text("1")
    (tmp_path / "lead.smi").write_text("CCO")
    sections = {"objective": [{"model": str(tmp_path / "model"), "file": str(tmp_path / "lead.smi"), "n": 1}]}
    before = add_contents(sections)
    assert len(before) == 3
    assert add_contents(sections) == before
    for name in ("model/weights", "lead.smi"):
        (tmp_path / name).write_text("2")
        assert add_contents(sections) != before
        before = add_contents(sections)
