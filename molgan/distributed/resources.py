"""Checks that some machine has the resources that a worker reserves, since Ray would wait for them silently."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence

from molgan.base.errors import ConfigError
from molgan.base.progress import Progress
from molgan.distributed.session import ray_session
from molgan.distributed.settings import ComputeSettings

_WORDS = {"CPU": "processors", "GPU": "GPUs"}

Resources = Mapping[str, float]
"""Amounts by Ray's names, CPU and GPU among them."""


def check_resources(compute: ComputeSettings, progress: Progress) -> None:
    """Check that every kind of worker fits on a machine; a cluster that may grow by itself only gets a message.

    Raises ConfigError where a worker reserves more than any machine has, RunError when the cluster cannot be reached.
    """
    if not compute.workers:
        return
    address = compute.address or os.environ.get("RAY_ADDRESS")
    if address or _is_connected():
        with ray_session(0, address):
            machines, may_grow = _machines(), _may_grow()
    else:
        import torch

        # molgan starts Ray with as many processors as it needs, and Ray finds the GPUs.
        machines, may_grow = [{"CPU": compute.processors, "GPU": torch.cuda.device_count()}], False
    for key, wanted in _requests(compute):
        if lacking := find_lacking(wanted, machines):
            fault = f"{key}: a worker reserves {_describe(wanted)}, and no machine has more than {_describe(lacking)}"
            if not may_grow:
                raise ConfigError(fault)
            progress.message(f"{fault} as yet: it waits until the cluster adds one")


def find_lacking(wanted: Resources, machines: Sequence[Resources]) -> dict[str, float]:
    """The largest amounts on any machine of the resources that are short; empty where one machine has enough of all."""
    if any(all(machine.get(name, 0) >= amount for name, amount in wanted.items()) for machine in machines):
        return {}
    most = {name: max((machine.get(name, 0) for machine in machines), default=0) for name in wanted}
    return {name: most[name] for name, amount in wanted.items() if most[name] < amount} or most


def _requests(compute: ComputeSettings) -> Iterator[tuple[str, Resources]]:
    """The resources that one worker of each kind reserves, with the key of the setting."""
    yield "compute.device", {"CPU": compute.threads or 1, "GPU": float(compute.device == "cuda")}
    pools = {"scoring": compute.scoring, **{f"scorers.{name}": pool for name, pool in compute.scorers.items()}}
    for name, pool in pools.items():
        yield f"compute.{name}", {"CPU": pool.cpus, "GPU": pool.gpus}


def _is_connected() -> bool:
    return "ray" in sys.modules and bool(sys.modules["ray"].is_initialized())


def _machines() -> list[Resources]:
    import ray

    return [node["Resources"] for node in ray.nodes() if node["Alive"]]


def _may_grow() -> bool:
    """Whether the cluster has an autoscaler. Without one, Ray's monitor calls each machine by its own name, not by that
    of a kind of machine; without a monitor nothing is known."""
    from ray._private.ray_constants import DEBUG_AUTOSCALING_STATUS
    from ray.experimental.internal_kv import _internal_kv_get

    report = json.loads(_internal_kv_get(DEBUG_AUTOSCALING_STATUS) or b"{}").get("autoscaler_report") or {}
    kinds = report.get("active_nodes") or {}
    return not kinds or any(not kind.startswith("node_") for kind in kinds)


def _describe(amounts: Resources) -> str:
    shown = {name: amount for name, amount in amounts.items() if amount} or amounts
    return " and ".join(f"{amount:g} {_WORDS[name]}" for name, amount in shown.items())
