"""Checks that a cluster has the resources that a job reserves, since Ray would wait for them silently."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence

from molgan.base.errors import ConfigError
from molgan.base.progress import Progress
from molgan.distributed.pools import Pool, Shape, choose_gpus, count_gpus, count_kept, count_processors, make_bundles
from molgan.distributed.session import is_own, ray_session
from molgan.distributed.settings import ComputeSettings
from molgan.distributed.shortage import Resources, add_up, describe

_SECONDS_TO_REPORT = 15.0

_MEND = {
    "CPU": "lower compute.workers, or give scoring actors a fraction of one (compute.scoring.cpus=0.5)",
    "GPU": "give scoring actors a fraction of one (compute.scoring.gpus=0.5), or train on processors "
    "(compute.device=cpu); training workers share one by compute.gpus=0.5",
    "memory": "lower compute.scoring.memory, or that of compute.scorers",
}


def check_resources(compute: ComputeSettings, progress: Progress, objectives: Sequence[Sequence[Pool]] = ()) -> None:
    """Check that every kind of worker fits on a machine and all that work at the same time on the cluster; one that may
    grow by itself only gets a message. `objectives`: what is scored, each by its pools.

    Raises ConfigError where more is reserved than there is, RunError when the cluster cannot be reached.
    """
    if not compute.workers:
        return
    address = compute.address or os.environ.get("RAY_ADDRESS")
    if address or _is_connected():
        with ray_session(0, address):
            require_room(compute, objectives, list_machines(), may_grow, progress)
        return
    import torch

    # molgan starts Ray with as many processors as it needs, and Ray finds the GPUs.
    there = {"CPU": float(count_processors(compute, objectives)), "GPU": float(torch.cuda.device_count())}
    there["memory"] = float(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))  # Ray leaves out what is in use
    require_room(compute, objectives, [there], lambda: False, progress)


def require_room(
    compute: ComputeSettings,
    objectives: Sequence[Sequence[Pool]],
    machines: Sequence[Resources],
    grows: Callable[[], bool],
    progress: Progress,
    *,
    training: bool = True,
) -> None:
    """As `check_resources`, for known machines; with `training` false, of a job that only scores."""
    for fault in _find_faults(compute, objectives, machines, training):
        if not grows():
            raise ConfigError(fault)
        progress.message(f"{fault}, as yet: it waits until the cluster adds some")


def _find_faults(
    compute: ComputeSettings, objectives: Sequence[Sequence[Pool]], machines: Sequence[Resources], training: bool
) -> Iterator[str]:
    for key, wanted in _requests(compute, training):
        if lacking := find_lacking(wanted, machines):
            yield f"{key}: a worker reserves {describe(wanted)}, and no machine has more than {describe(lacking)}"
            return
    there, kept = add_up(machines), count_kept(objectives)
    gpus = choose_gpus(compute, kept, there.get("GPU", 0.0))
    together = add_up(make_bundles(compute, kept, gpus, training=training))
    if gpus and training:
        together["GPU"] = count_gpus(compute, kept)
    if lacking := {name: there.get(name, 0.0) for name, amount in together.items() if there.get(name, 0.0) < amount}:
        who = "training and scoring reserve" if training else "scoring reserves"
        mends = "; ".join(_MEND[name] for name in lacking)
        yield f"compute: {who} {describe(together)} at the same time, and there are {describe(lacking)}: {mends}"


def find_lacking(wanted: Resources, machines: Sequence[Resources]) -> dict[str, float]:
    """The largest amounts on any machine of the resources that are short; empty where one machine has enough of all."""
    if any(all(machine.get(name, 0) >= amount for name, amount in wanted.items()) for machine in machines):
        return {}
    most = {name: max((machine.get(name, 0) for machine in machines), default=0) for name in wanted}
    return {name: most[name] for name, amount in wanted.items() if most[name] < amount} or most


def list_machines() -> list[Resources]:
    """The resources of each machine of the cluster that this process is connected to."""
    import ray

    return [node["Resources"] for node in ray.nodes() if node["Alive"]]


def may_grow() -> bool:
    """Whether the cluster has an autoscaler. Without one, Ray's monitor calls each machine by its own name, not by that
    of a kind of machine; without a monitor nothing is known. Waits for the monitor of a cluster that has just started,
    which reports every 5 s."""
    if is_own():
        return False
    deadline = time.monotonic() + _SECONDS_TO_REPORT
    while not (kinds := _kinds_of_machines()) and time.monotonic() < deadline:
        time.sleep(0.5)
    return not kinds or any(not kind.startswith("node_") for kind in kinds)


def _kinds_of_machines() -> list[str]:
    """The kinds of the machines that Ray's monitor knows; empty where it has reported none."""
    from ray._private.ray_constants import DEBUG_AUTOSCALING_STATUS
    from ray.experimental.internal_kv import _internal_kv_get

    report = json.loads(_internal_kv_get(DEBUG_AUTOSCALING_STATUS) or b"{}").get("autoscaler_report") or {}
    return list(report.get("active_nodes") or {})


def most_gpus() -> float:
    """The GPUs of the cluster, or those that its autoscaler can bring it to, where that is known."""
    import ray
    from ray._private.state import state

    could_be = state.get_max_resources_from_cluster_config() or {}
    return float(max(ray.cluster_resources().get("GPU", 0.0), could_be.get("GPU", 0.0)))


def _requests(compute: ComputeSettings, training: bool) -> Iterator[tuple[str, Resources]]:
    """The resources that one worker of each kind reserves, with the key of the setting."""
    if training:
        yield "compute.device", {"CPU": compute.threads or 1, "GPU": compute.gpus * (compute.device == "cuda")}
    pools = {"scoring": compute.scoring, **{f"scorers.{name}": pool for name, pool in compute.scorers.items()}}
    for name, pool in pools.items():
        yield f"compute.{name}", Shape.of(pool).bundle


def _is_connected() -> bool:
    return "ray" in sys.modules and bool(sys.modules["ray"].is_initialized())
