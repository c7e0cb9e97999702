"""What all stages of a campaign work with."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from molgan.base.parallel import cores
from molgan.base.progress import Progress
from molgan.campaign.run_folder.metrics_log import MetricsLog
from molgan.config import CampaignConfig
from molgan.scoring.objective import Objective

if TYPE_CHECKING:
    from torch import nn

    from molgan.campaign.reporter import Reporter


@dataclass(frozen=True)
class Work:
    """A campaign at work. `device` is PyTorch's; `cores` are those that this process may use; `keep` copies the folder
    to storage that outlives this machine, if there is some."""

    config: CampaignConfig
    folder: Path
    progress: Progress
    metrics: MetricsLog
    objective: Objective
    device: str
    cores: int
    keep: Callable[[], None]

    def train(
        self,
        loop: Callable[..., Any],
        networks: "Mapping[str, nn.Module]",
        *,
        checkpoint: Path,
        report: "Reporter",
        **calls: Callable[..., Any],
    ) -> Any:
        """Call `loop(**networks, **calls, checkpoint=…, report=…)` here or, where there are some, on Ray workers; gives
        what the loop gives. Networks are trained in place; `calls` happen here."""
        compute = self.config.compute
        if compute.workers == 0:
            on_device = {name: network.to(self.device) for name, network in networks.items()}
            return loop(**on_device, **calls, checkpoint=checkpoint, report=report)
        from molgan.distributed.train import train_on_ray

        options: dict[str, Any] = {"checkpoint": checkpoint, "report": report, "on_restart": report.again}
        return train_on_ray(loop, networks, compute, calls=calls, progress=self.progress, **options)


@contextmanager
def at_work(config: CampaignConfig, folder: Path, keep: Callable[[], None], progress: Progress) -> Iterator[Work]:
    """The means that `compute` asks for, given back at the end."""
    import torch

    compute = config.compute
    cuda = compute.device != "cpu" and torch.cuda.is_available()
    threads = torch.get_num_threads()
    if compute.threads:
        torch.set_num_threads(compute.threads)
    try:
        with _objective(config, progress) as objective:
            metrics = MetricsLog(folder / "metrics.jsonl")
            yield Work(config, folder, progress, metrics, objective, "cuda" if cuda else "cpu", cores(), keep)
    finally:
        torch.set_num_threads(threads)


def _objective(config: CampaignConfig, progress: Progress) -> AbstractContextManager[Objective]:
    """Scoring where `compute` says."""
    if config.compute.workers:
        from molgan.distributed.scoring_pool import open_objective

        return open_objective(config.objective, config.compute, progress=progress)
    from molgan.scoring.processes.local_crew import LocalCrew

    return Objective(config.objective, LocalCrew(cores()))
