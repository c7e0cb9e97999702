"""Trackers get the figures of a run, never its molecules, and never end it."""

import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from molgan.base.errors import ConfigError
from molgan.base.progress import Silent
from molgan.config import load_config
from molgan.scoring.foreign_code import list_foreign
from molgan.training.reporter import Reporter
from molgan.training.settings import MlflowSettings, TrackingSettings, WandbSettings
from molgan.training.tracking import Tracking


class Kept:
    name = "kept"

    def __init__(self) -> None:
        self.rows: list[tuple[str, int, Mapping[str, float]]] = []
        self.outcome = ""

    def log(self, stage: str, step: int, figures: Mapping[str, float]) -> None:
        self.rows.append((stage, step, figures))

    def close(self, outcome: str) -> None:
        self.outcome = outcome


class Broken(Kept):
    name = "broken"

    def log(self, stage: str, step: int, figures: Mapping[str, float]) -> None:
        super().log(stage, step, figures)
        raise OSError("no route to host\nand more")


def test_numbers_are_passed_on_and_molecules_are_not() -> None:
    kept = Kept()
    tracking = Tracking([kept])
    with Reporter("reinforce", Silent(), tracking=tracking, components=lambda: {"qed": 0.5}) as report:
        report({"step": 1, "score": 0.25, "best": 0.5, "best_smiles": "CCO", "loss": float("nan"), "calls": 8}, None)
    tracking.close("done")
    assert kept.rows == [("reinforce", 1, {"score": 0.25, "best": 0.5, "calls": 8.0, "component_qed": 0.5})]
    assert kept.outcome == "done"


def test_a_tracker_that_fails_is_left_out_and_told_once() -> None:
    told: list[str] = []
    broken, kept = Broken(), Kept()
    tracking = Tracking([broken, kept], told.append)
    for step in range(3):
        tracking.log("reinforce", {"step": step, "score": 1.0})
    tracking.close("stopped")
    assert len(broken.rows) == 1 and broken.outcome == "" and len(kept.rows) == 3 and kept.outcome == "stopped"
    assert told == ["broken gets no more figures: no route to host"]


def test_a_slow_tracker_delays_nothing() -> None:
    class Slow(Kept):
        def log(self, stage: str, step: int, figures: Mapping[str, float]) -> None:
            time.sleep(2)
            super().log(stage, step, figures)

    slow = Slow()
    tracking = Tracking([slow])
    began = time.monotonic()
    tracking.log("reinforce", {"step": 1, "score": 1.0})
    assert time.monotonic() - began < 1.5
    tracking.close("done")
    assert slow.rows and slow.outcome == "done"


@pytest.mark.parametrize("uri", ["sqlite:///runs.db", "databricks://x", "https://me:secret@host"])
def test_places_that_are_none_are_refused(uri: str) -> None:
    with pytest.raises(ValueError, match="uri") as found:
        MlflowSettings(uri=uri)
    assert "secret@" not in str(found.value).partition("[type")[0]


def test_servers_that_get_figures_are_named_before_a_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    (tmp_path / "train.smi").write_text("CCO\nCCN\n")
    values: dict[str, Any] = {"data": {"train": str(tmp_path / "train.smi")}, "sample": {"n": 5}, "filters": ["valid"]}
    values["objective"] = {"components": [{"scorer": "qed"}]}
    found: list[str] = []

    def load(**section: Any) -> TrackingSettings:
        config = load_config({**values, "tracking": section}, on_foreign=lambda some: found.append(list_foreign(some)))
        return config.tracking

    assert load() == TrackingSettings()
    assert load(mlflow={"uri": "runs/mlruns"}, wandb={}).wandb == WandbSettings()
    assert found == []
    load(mlflow={"uri": "https://tracking.example/?key=1"}, wandb={"mode": "online"})
    place = "MLflow at https://tracking.example/ (settings), Weights & Biases (settings)"
    assert found == [f"sends molecules to {place}"]


def test_mlflow_keeps_a_run_in_a_folder_and_goes_on_with_it(tmp_path: Path) -> None:
    pytest.importorskip("mlflow")
    from mlflow.tracking import MlflowClient

    from molgan.training.mlflow_tracker import MlflowTracker

    settings = MlflowSettings(uri=str(tmp_path / "mlruns"), experiment="tests")
    tracker = MlflowTracker(settings, "mini", {"seed": 3, "objective": {"components": [{"scorer": "qed"}]}}, None)
    tracker.log("reinforce 1", 1, {"score": 0.25, "best 10 %": 0.5})
    tracker.close("stopped")
    again = MlflowTracker(settings, "mini", {"seed": 3}, tracker.number)
    again.log("reinforce 1", 2, {"score": 0.75})
    again.close("done")
    client = MlflowClient(tracking_uri=(tmp_path / "mlruns").as_uri())
    run = client.get_run(tracker.number)
    assert again.number == tracker.number and run.info.status == "FINISHED" and run.info.run_name == "mini"
    assert run.data.params == {"seed": "3", "objective.components.0.scorer": "qed"}
    history = client.get_metric_history(tracker.number, "reinforce 1/score")
    assert [(each.step, each.value) for each in history] == [(1, 0.25), (2, 0.75)]
    assert run.data.metrics["reinforce 1/best 10 _"] == 0.5


def test_wandb_keeps_an_offline_run_in_the_run_folder(tmp_path: Path) -> None:
    pytest.importorskip("wandb")
    from molgan.training.wandb_tracker import WandbTracker

    tracker = WandbTracker(WandbSettings(), "mini", {"seed": 3}, None, tmp_path)
    tracker.log("reinforce", 1, {"score": 0.25})
    tracker.close("done")
    (kept,) = (tmp_path / "wandb").glob("offline-run-*/*.wandb")
    assert tracker.number in kept.name
    deadline = time.monotonic() + 60  # a process of its own writes the file
    while b"reinforce/score" not in kept.read_bytes() and time.monotonic() < deadline:
        time.sleep(0.2)
    assert b"reinforce/score" in kept.read_bytes()


def test_what_is_not_installed_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import sys

    from molgan.training.mlflow_tracker import MlflowTracker
    from molgan.training.wandb_tracker import WandbTracker

    for name in ("mlflow", "mlflow.entities", "wandb"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(ConfigError, match=r"pip install 'molgan\[tracking\]'"):
        MlflowTracker(MlflowSettings(), "mini", {}, None)
    with pytest.raises(ConfigError, match=r"pip install 'molgan\[tracking\]'"):
        WandbTracker(WandbSettings(), "mini", {}, None, tmp_path)


def test_the_dashboard_asks_for_gauges_that_exist() -> None:
    from molgan.distributed.ray_gauges import _SHOWN

    content = json.loads((Path(__file__).parents[2] / "configs/cluster/grafana.json").read_text())
    asked = {target["expr"] for panel in content["panels"] for target in panel["targets"]}
    names = {word for expression in asked for word in expression.replace("(", " ").replace("{", " ").split()}
    assert {name for name in names if name.startswith("ray_molgan_")} == {f"ray_molgan_{name}" for name in _SHOWN}
