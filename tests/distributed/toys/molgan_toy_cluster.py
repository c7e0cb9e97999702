"""A cluster of several machines, which are processes here with processors and GPUs that they declare."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_ATTEMPTS = 4


@contextmanager
def cluster(*machines: dict[str, float], monitor: bool = False) -> Iterator[Any]:
    """Ray's `Cluster` with these machines, `added`, beside a head without processors and memory.

    Started without the follower of logs, without the `monitor` that knows whether a cluster grows, and with several
    attempts: Ray gives each of its processes 15 s to start, which is too little on a busy machine (ray-project/ray
    issue 65983)."""
    from ray.cluster_utils import Cluster

    head: dict[str, Any] = {"num_cpus": 0, "memory": 2**20, "include_dashboard": False, "include_log_monitor": False}
    head["no_monitor"] = not monitor
    found = _try(lambda: Cluster(initialize_head=True, head_node_args=head))
    try:
        found.added = [add(found, **machine) for machine in machines]
        found.wait_for_nodes()
        yield found
    finally:
        found.shutdown()


def add(there: Any, **machine: float) -> Any:
    """Add a machine to the cluster."""
    return _try(lambda: there.add_node(**machine))


def _try(start: Any) -> Any:
    for _ in range(_ATTEMPTS - 1):
        try:
            return start()
        except Exception:  # Ray raises plain Exception here
            time.sleep(5)
    return start()
