"""Checks whether a run folder outlives the machine that it is on."""

from __future__ import annotations

import os
from pathlib import Path

from molgan.base.errors import ConfigError
from molgan.distributed.session import ray_session
from molgan.distributed.settings import ComputeSettings

_SHARED = frozenset(
    {"9p", "afs", "beegfs", "ceph", "cifs", "glusterfs", "gpfs", "lustre", "nfs", "nfs4", "smb3", "virtiofs"}
)
_MOUNTS = Path("/proc/mounts")


def check_storage(compute: ComputeSettings, folder: Path, storage: str | None) -> None:
    """Check that a campaign on a cluster of several machines does not keep its run folder on the disk of one of them,
    since the driver may run on another machine next time. Raises ConfigError if it does, RunError when the cluster
    cannot be reached."""
    address = compute.address or os.environ.get("RAY_ADDRESS")
    if not compute.workers or storage or not address or is_shared(folder):
        return
    with ray_session(0, address):
        import ray

        machines = {node["NodeManagerAddress"] for node in ray.nodes() if node["Alive"]}
    if len(machines) > 1:
        raise ConfigError(
            f"out: {folder} is a folder of this machine alone, and the cluster has {len(machines)} machines; give a "
            f"URL (out=s3://bucket/{folder.name}) or a folder that all of them see"
        )


def is_shared(folder: Path) -> bool:
    """Whether the folder is on a network file system according to the kernel; True where that is unknown."""
    try:
        lines = _MOUNTS.read_text().splitlines()
    except OSError:
        return True
    place = folder.absolute()
    mounts = [(Path(fields[1]), fields[2]) for line in lines if len(fields := line.split()) > 2]
    inside = [(len(mount.parts), kind) for mount, kind in mounts if place.is_relative_to(mount)]
    kind = max(inside, default=(0, ""))[1]
    return kind in _SHARED or kind.startswith("fuse.")
