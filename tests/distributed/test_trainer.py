"""What training workers ask Ray for."""

from types import SimpleNamespace
from typing import Any

import pytest
from ray.train.torch import TorchConfig
from ray.train.v2.api.config import ScalingConfig

from molgan.distributed import rendezvous, trainer
from molgan.distributed.reservation import Reservation
from molgan.distributed.settings import ComputeSettings


@pytest.mark.parametrize(
    ("gpus", "resources", "backend"),
    [(0.0, {"CPU": 2}, None), (1.0, {"CPU": 2, "GPU": 1.0}, None), (0.5, {"CPU": 2, "GPU": 0.5}, "gloo")],
)
@pytest.mark.parametrize("machines", [["127.0.0.1"], ["10.0.0.1", "10.0.0.2"]])
def test_a_part_of_a_gpu_is_asked_for_and_spoken_over_the_processor(
    gpus: float, resources: dict[str, float], backend: str | None, machines: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: dict[str, Any] = {}

    def train(work: object, **how: Any) -> Any:
        asked.update(how)
        return SimpleNamespace(fit=lambda: None)

    nodes = [{"NodeManagerAddress": machine, "Alive": True} for machine in machines]
    monkeypatch.setattr(rendezvous.ray, "nodes", lambda: nodes)
    monkeypatch.setattr(trainer, "TorchTrainer", train)
    errors: list[BaseException] = []
    trainer.fit({"threads": 2}, ComputeSettings(workers=3), Reservation(None, gpus=gpus), errors)
    assert not errors
    scaling, torch_config = asked["scaling_config"], asked["torch_config"]
    assert isinstance(scaling, ScalingConfig) and isinstance(torch_config, TorchConfig)
    assert scaling.resources_per_worker == resources and scaling.use_gpu == bool(gpus)
    assert scaling.num_workers == 3
    assert torch_config.backend == backend
