"""Figures of a run as gauges of Ray, which a cluster's Prometheus reads; configs/cluster/grafana.json shows them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_SHOWN = {
    "score": "Mean total of the molecules drawn in the last step, 0 to 1",
    "best": "Best total so far, 0 to 1",
    "loss": "Loss of the last step",
    "unique": "Share of different molecules among those drawn",
    "molecules_per_second": "Molecules that training takes a second",
    "oracle_calls": "Molecules scored so far",
    "step": "Step of the stage",
}


class RayGauges:
    """The gauges `molgan_score`, `molgan_best`, … with the tags `run` and `stage`, of the process that drives a run."""

    name = "Ray"

    def __init__(self, job: str) -> None:
        self._job = job
        self._gauges: dict[str, Any] = {}

    def log(self, stage: str, step: int, figures: Mapping[str, float]) -> None:
        import ray

        if not ray.is_initialized():
            return
        for name, value in {**figures, "step": step}.items():
            if name in _SHOWN:
                self._find(name).set(value, {"run": self._job, "stage": stage})

    def close(self, outcome: str) -> None:
        self._gauges.clear()

    def _find(self, name: str) -> Any:
        from ray.util.metrics import Gauge

        if name not in self._gauges:
            self._gauges[name] = Gauge(f"molgan_{name}", _SHOWN[name], ("run", "stage"))
        return self._gauges[name]
