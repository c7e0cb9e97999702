"""Lets the training workers of one machine find each other without a server that other machines could reach."""

from __future__ import annotations

import os
import sys
from typing import Any
from uuid import uuid4

import ray
from ray.train.torch import TorchConfig
from ray.train.torch.config import _set_torch_distributed_env_vars, _setup_torch_process_group, _TorchBackend


class LocalTorchConfig(TorchConfig):
    """Ray's `TorchConfig`, whose workers meet in a file in the folder `rendezvous` and talk over the loopback alone.

    PyTorch's usual rendezvous, a server, listens on all interfaces and takes no address. The workers must all be on
    one machine.
    """

    rendezvous: str = ""

    @property
    def backend_cls(self) -> type[_TorchBackend]:
        return _FileBackend


class _FileBackend(_TorchBackend):
    def on_start(self, worker_group: Any, backend_config: Any) -> None:
        config: LocalTorchConfig = backend_config
        gpus = worker_group.get_resources_per_worker().get("GPU", 0)
        worker_group.execute(_set_torch_distributed_env_vars)
        worker_group.execute(_stay_on_loopback)
        # A new file each time, since the entry of a dead worker in the old file would be taken for an answer.
        url = f"file://{config.rendezvous}/{uuid4().hex}"
        ray.get(
            [
                worker_group.execute_single_async(
                    rank,
                    _setup_torch_process_group,
                    backend=config.backend or ("nccl" if gpus else "gloo"),
                    world_rank=rank,
                    world_size=len(worker_group),
                    init_method=url,
                    timeout_s=config.timeout_s,
                )
                for rank in range(len(worker_group))
            ]
        )


def _stay_on_loopback() -> None:
    """In a worker: keep gloo and nccl on the loopback, not on the interface of the host's name."""
    interface = "lo0" if sys.platform == "darwin" else "lo"
    os.environ["GLOO_SOCKET_IFNAME"] = os.environ["NCCL_SOCKET_IFNAME"] = interface


def torch_config(folder: str, timeout: int, gpus: float) -> TorchConfig:
    """Settings of the process group: workers meet in a file on one machine, and as Ray does it on several. Those with a
    part of one of the `gpus` talk by gloo, since nccl wants a GPU for each."""
    backend = "gloo" if 0 < gpus < 1 else None
    machines = {node["NodeManagerAddress"] for node in ray.nodes() if node["Alive"]}
    if machines - {"127.0.0.1"}:
        return TorchConfig(backend, timeout_s=timeout)
    config = LocalTorchConfig(backend, timeout_s=timeout)
    config.rendezvous = folder
    return config
