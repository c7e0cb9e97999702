"""Where the work is done."""

from typing import Literal

from pydantic import Field

from molgan.settings import Settings


class ComputeSettings(Settings):
    """`workers` 0 works in this process; more are that many Ray workers, of the cluster at `address` (host:port, or
    auto) or at RAY_ADDRESS of the environment, else of this machine. `threads` (of PyTorch, a process) are all cores
    when left out, one for a Ray worker. `device` auto takes a GPU where there is one."""

    workers: int = Field(default=0, ge=0, le=4096)
    address: str | None = Field(default=None, min_length=1)
    device: Literal["auto", "cpu", "cuda"] = "auto"
    threads: int | None = Field(default=None, ge=1)
