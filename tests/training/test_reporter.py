"""What a loop reports is in metrics.jsonl and in TensorBoard, each step once, and beside the bar."""

import json
from pathlib import Path

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from molgan.base.progress import Silent
from molgan.training.metrics_log import MetricsLog
from molgan.training.reporter import Reporter


class Shown(Silent):
    """Keeps what is shown of a task: its total, and how far it has come with which figures."""

    def __init__(self) -> None:
        self.lines: list[tuple[object, ...]] = []

    def start(self, task: str, total: int | None = None) -> None:
        self.lines.append((task, total))

    def advance(self, task: str, done: int = 1, **figures: float) -> None:
        self.lines.append((done, figures))

    def finish(self, task: str) -> None:
        self.lines.append((task, "finished"))


def report(folder: Path, stage: str, steps: list[int], saved: int = 0, progress: Silent | None = None) -> None:
    places = {"metrics": MetricsLog(folder), "tensorboard": folder / "tensorboard"}
    with Reporter(stage, progress or Silent(), **places, molecules_a_step=8, shown=None) as reporter:  # type: ignore[arg-type]
        for step in steps:
            reporter({"step": step, "steps": 9, "loss": float(step)}, {"step": step} if step == saved else None)


def curve(folder: Path, stage: str) -> list[int]:
    """The steps that TensorBoard shows."""
    events = EventAccumulator(str(folder / "tensorboard" / stage.replace(" ", "_")))
    events.Reload()
    return [event.step for event in events.Scalars(f"{stage}/loss")]


def test_a_training_that_goes_on_shows_each_step_once(tmp_path: Path) -> None:
    report(tmp_path, "pretrain", [1, 2, 3, 4], saved=2)
    report(tmp_path, "pretrain", [3, 4, 5])
    assert curve(tmp_path, "pretrain") == [1, 2, 3, 4, 5]
    rows = [json.loads(line) for line in (tmp_path / "metrics.jsonl").read_text().splitlines()]
    assert [row["step"] for row in rows] == [1, 2, 3, 4, 5]
    assert rows[1] == {"stage": "pretrain", "step": 2, "loss": 2.0, "saved": True}


def test_a_stage_leaves_the_curves_of_the_stages_before_it(tmp_path: Path) -> None:
    report(tmp_path, "distil 1", [1, 2, 3])
    report(tmp_path, "distil 2", [1, 2])
    assert curve(tmp_path, "distil 1") == [1, 2, 3]
    assert curve(tmp_path, "distil 2") == [1, 2]


def test_after_a_lost_worker_each_step_is_there_once(tmp_path: Path) -> None:
    with Reporter("a", Silent(), metrics=MetricsLog(tmp_path), tensorboard=tmp_path / "tensorboard") as reporter:
        for step in (1, 2, 3):
            reporter({"step": step, "loss": 0.0}, {"step": 1} if step == 1 else None)
        reporter.restart()
        for step in (2, 3, 4):
            reporter({"step": step, "loss": 0.0}, None)
    assert curve(tmp_path, "a") == [1, 2, 3, 4]
    assert [json.loads(line)["step"] for line in (tmp_path / "metrics.jsonl").read_text().splitlines()] == [1, 2, 3, 4]


def test_the_bar_counts_the_molecules_that_are_to_come(tmp_path: Path) -> None:
    shown = Shown()
    report(tmp_path, "pretrain", [3, 5], progress=shown)
    assert shown.lines == [
        ("pretrain", (9 - 3) * 8),
        (0, {"loss": 3.0}),
        (2 * 8, {"loss": 5.0}),
        ("pretrain", "finished"),
    ]


def test_the_bar_of_a_stage_counts_steps_and_its_critic_has_one_of_its_own(tmp_path: Path) -> None:
    shown = Shown()
    with Reporter("adversarial", shown, metrics=MetricsLog(tmp_path)) as reporter:
        reporter({"phase": "critic", "round": 1, "step": 4, "auc": 0.5, "seconds": 1.0}, None)
        reporter({"phase": "generator", "round": 1, "step": 1, "steps": 2, "loss": 0.25}, None)
        reporter({"phase": "generator", "round": 1, "step": 2, "steps": 2, "loss": 0.5}, None)
        reporter({"phase": "critic", "round": 2, "step": 4, "auc": 0.75}, None)
    assert shown.lines == [
        ("critic", None),
        (4, {"auc": 0.5}),
        ("critic", "finished"),
        ("adversarial", 2),
        (1, {"loss": 0.25}),
        (1, {"loss": 0.5}),
        ("adversarial", "finished"),
        ("critic", None),
        (4, {"auc": 0.75}),
        ("critic", "finished"),
    ]
    rows = [json.loads(line) for line in (tmp_path / "metrics.jsonl").read_text().splitlines()]
    assert [(row["stage"], row["step"]) for row in rows] == [
        ("critic", 4),
        ("adversarial", 1),
        ("adversarial", 2),
        ("critic", 8),
    ]
