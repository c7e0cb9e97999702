"""Each step is in metrics.jsonl once."""

import json
from pathlib import Path

import pytest

from molgan.training.metrics_log import MetricsLog


def steps(log: MetricsLog) -> list[int]:
    return [json.loads(line)["step"] for line in log.path.read_text().splitlines()]


def test_steps_that_come_again_are_logged_once(tmp_path: Path) -> None:
    log = MetricsLog(tmp_path)
    for step in (1, 2, 3, 4, 5):
        log.add({"stage": "a", "step": step, "loss": float("nan"), **({"saved": True} if step == 2 else {})})
    (tmp_path / "metrics.jsonl").open("a").write('{"stage": "a", "st')
    log = MetricsLog(tmp_path)
    log.resume({"stage": "a", "step": 3})
    log.add({"stage": "a", "step": 3})
    assert steps(log) == [1, 2, 3]
    assert json.loads(log.path.read_text().splitlines()[0])["loss"] is None


def test_rows_before_a_rollback_stay(tmp_path: Path) -> None:
    log = MetricsLog(tmp_path)
    for step in (1, 2, 3):
        log.add({"stage": "a", "step": step})
    log.add({"stage": "a", "step": 4, "event": "collapse", "saved": True})  # back to step 2
    log.add({"stage": "a", "step": 3, "loss": 1.0})
    assert not log.resume({"stage": "a", "step": 3})
    assert steps(log) == [1, 2, 3, 4]


def test_forgotten_stages_leave_the_others(tmp_path: Path) -> None:
    log = MetricsLog(tmp_path)
    for stage, step in (("a", 1), ("b", 2), ("a", 3)):
        log.add({"stage": stage, "step": step})
    log.forget(["a"])
    assert steps(log) == [2]


@pytest.mark.parametrize("logged", [4, 5, 6])
def test_the_row_of_a_checkpoint_is_there_once_wherever_a_kill_fell(tmp_path: Path, logged: int) -> None:
    """`logged` rows were written; the checkpoint is that of row 5."""
    rows = [{"stage": "a", "step": step, "loss": step / 3, "x": float("nan")} for step in (1, 2, 3, 4, 5, 6)]
    log = MetricsLog(tmp_path)
    for row in rows[:logged]:
        log.add({**row, **({"saved": True} if row["step"] in (2, 5) else {})})
    log = MetricsLog(tmp_path)
    again = {**rows[4], "saved": True}
    assert log.resume(again) == (logged > 4)
    if logged == 4:
        log.add(again)
    log.add(rows[5])
    assert steps(log) == [1, 2, 3, 4, 5, 6]
