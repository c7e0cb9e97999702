"""What all stages of a campaign work with."""

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from molgan.campaign.metrics import MetricsLog
from molgan.config import CampaignConfig
from molgan.progress import Progress
from molgan.scoring.objective import Objective


@dataclass(frozen=True)
class Work:
    """A campaign at work. `device` is PyTorch's; `cores` are those that this process may use."""

    config: CampaignConfig
    folder: Path
    progress: Progress
    metrics: MetricsLog
    objective: Objective
    device: str
    cores: int


@contextmanager
def at_work(config: CampaignConfig, folder: Path, progress: Progress) -> Iterator[Work]:
    """The means that `compute` asks for, given back at the end."""
    import torch

    compute = config.compute
    cuda = compute.device != "cpu" and torch.cuda.is_available()
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    threads = torch.get_num_threads()
    if compute.threads:
        torch.set_num_threads(compute.threads)
    try:
        with _objective(config, cores, progress) as objective:
            metrics = MetricsLog(folder / "metrics.jsonl")
            yield Work(config, folder, progress, metrics, objective, "cuda" if cuda else "cpu", cores)
    finally:
        torch.set_num_threads(threads)


def _objective(config: CampaignConfig, cores: int, progress: Progress) -> AbstractContextManager[Objective]:
    """The one place where local processes and Ray's are told apart."""
    if config.compute.workers:
        from molgan.distributed.scoring_pool import open_objective

        return open_objective(config.objective, config.compute, progress=progress)
    from molgan.scoring.parallel import ScoringPool

    return ScoringPool(config.objective, cores)
