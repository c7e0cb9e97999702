"""A reservation that no machine can meet is told before any work."""

import pytest

from molgan.base.errors import ConfigError
from molgan.base.progress import Silent
from molgan.distributed.resources import check_resources, find_lacking
from molgan.distributed.settings import ComputeSettings


class Told(Silent):
    def __init__(self) -> None:
        self.messages: list[str] = []

    def message(self, text: str) -> None:
        self.messages.append(text)


@pytest.mark.parametrize(
    ("compute", "told"),
    [
        (
            {"device": "cuda"},
            "compute.device: a worker reserves 1 processor and 1 GPU, and no machine has more than 0 GPUs",
        ),
        (
            {"scoring": {"gpus": 0.5}},
            "compute.scoring: a worker reserves 1 processor and 0.5 GPUs, and no machine has",
        ),
        (
            {"device": "cuda", "gpus": 0.5},
            "compute.device: a worker reserves 1 processor and 0.5 GPUs, and no machine has more than 0 GPUs",
        ),
        ({"scorers": {"docking": {"cpus": 0, "gpus": 2}}}, "compute.scorers.docking: a worker reserves 2 GPUs"),
    ],
)
def test_gpus_that_this_machine_lacks_are_named(
    compute: dict[str, object], told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    monkeypatch.setattr("molgan.distributed.resources._is_connected", lambda: False)
    monkeypatch.setattr("torch.cuda.device_count", lambda: 0)
    with pytest.raises(ConfigError, match=told.replace(".", r"\.")):
        check_resources(ComputeSettings.model_validate({"workers": 2, **compute}), Silent())
    monkeypatch.setattr("torch.cuda.device_count", lambda: 2)
    check_resources(ComputeSettings.model_validate({"workers": 2, **compute}), Silent())


def test_memory_that_this_machine_lacks_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    monkeypatch.setattr("molgan.distributed.resources._is_connected", lambda: False)
    compute = ComputeSettings.model_validate({"workers": 1, "scoring": {"memory": 60000}})
    with pytest.raises(ConfigError, match="a worker reserves 1 processor and 60000 GiB of memory, and no machine has"):
        check_resources(compute, Silent())


def test_one_process_reserves_nothing() -> None:
    check_resources(ComputeSettings(device="cuda", scoring={"gpus": 4}), Silent())


def test_a_cluster_that_may_grow_is_given_time(ray: None, monkeypatch: pytest.MonkeyPatch) -> None:
    compute, told = ComputeSettings.model_validate({"workers": 1, "scoring": {"cpus": 64}}), Told()
    monkeypatch.setattr("molgan.distributed.resources.may_grow", lambda: True)
    check_resources(compute, told)
    assert told.messages == [
        "compute.scoring: a worker reserves 64 processors, and no machine has more than 6 processors, as yet: "
        "it waits until the cluster adds some"
    ]
    monkeypatch.setattr("molgan.distributed.resources.may_grow", lambda: False)
    with pytest.raises(ConfigError, match="no machine has more than 6 processors"):
        check_resources(compute, told)


@pytest.mark.parametrize(
    ("machines", "lacking"),
    [
        ([{"CPU": 8}, {"CPU": 2, "GPU": 1}], {}),
        ([{"CPU": 8}, {"CPU": 1, "GPU": 1}], {"CPU": 8, "GPU": 1}),
        ([{"CPU": 8}], {"GPU": 0}),
        ([], {"CPU": 0, "GPU": 0}),
    ],
)
def test_one_machine_has_to_have_it_all(machines: list[dict[str, float]], lacking: dict[str, float]) -> None:
    assert find_lacking({"CPU": 2, "GPU": 1}, machines) == lacking
