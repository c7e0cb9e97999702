"""The context of a job, which all stages of a campaign or a training share."""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from molgan.base.content import hash_file
from molgan.base.parallel import cores
from molgan.base.progress import Progress
from molgan.base.stopping import leave_if_asked
from molgan.campaign.run_folder.lock import open_folder, watch_folder
from molgan.campaign.run_folder.mirror import mirror_folder
from molgan.campaign.run_folder.run_log import log_run
from molgan.campaign.run_folder.tracked import open_tracking
from molgan.config import CampaignConfig, Training, write_config
from molgan.distributed.pools import Pool, plan_pools
from molgan.scoring.objective import Objective
from molgan.scoring.settings import ObjectiveSettings
from molgan.training.metrics_log import MetricsLog
from molgan.training.reporter import Reporter
from molgan.training.tracking import Tracking

if TYPE_CHECKING:
    from molgan.models.protocols import Network

_LARGE = 200_000  # bytes of a file that several processes read faster


@dataclass(frozen=True)
class Work:
    """A running job. `device`: PyTorch's name of it. `cores`: processor cores that this process may use. `keep`: copies
    the folder to storage that outlives this machine, where one is configured, and raises Stopped where this process has
    been asked to stop. A training has no `objective`. `reservation`: the room on Ray where there are workers, else
    None."""

    config: Any  # CampaignConfig | Training; a stage knows which
    folder: Path
    progress: Progress
    metrics: MetricsLog
    objective: Any  # Objective | None
    device: str
    cores: int
    keep: Callable[[], None]
    started: datetime
    tracking: Tracking
    reservation: Any = None  # molgan.distributed.reservation.Reservation | None

    @cached_property
    def data(self) -> dict[str, object]:
        """What identifies the training data: its column and the hash of its content."""
        data = self.config.data
        return {"data.column": data.column, "content of data.train": hash_file(data.train)}

    @cached_property
    def start(self) -> str | None:
        """The SHA-256 of the generator that the job starts from, of its content, its aim included, and not its path;
        None without one."""
        from molgan.models.loading import load_start
        from molgan.models.protocols import Generator

        if self.config.generator is None:
            return None
        kind: Any = Generator
        generator: Any = load_start(self.config.generator, kind)
        found = hashlib.sha256(generator.identity.encode())
        for name, tensor in generator.state_dict().items():
            found.update(name.encode() + tensor.numpy().tobytes())
        return found.hexdigest()

    @cached_property
    def inputs(self) -> dict[str, object]:
        """The inputs that decide the result of every stage that draws or trains."""
        return {"seed": self.config.seed, "content of generator.weights": self.start, **self.data}

    @property
    def processes(self) -> int:
        """The number of processes that prepare the training data."""
        return self.cores if self.config.data.train.stat().st_size > _LARGE else 1

    def train(
        self,
        loop: Callable[..., Any],
        networks: "Mapping[str, Network]",
        *,
        checkpoint: Path,
        report: Reporter,
        **calls: Callable[..., Any],
    ) -> Any:
        """Call `loop(**networks, **calls, checkpoint=…, report=…)` in this process, or on Ray workers if configured.

        Args:
            loop: The training loop.
            networks: The networks by their names in the loop; trained in place.
            checkpoint: The folder of the checkpoint.
            report: Takes the reports of the loop.
            calls: Functions that the loop calls; they always run in this process.

        Returns:
            The result of the loop.
        """
        compute = self.config.compute
        if compute.workers == 0:
            on_device = {name: network.to(self.device) for name, network in networks.items()}
            return loop(**on_device, **calls, checkpoint=checkpoint, report=report)
        from molgan.distributed.train import train_on_ray

        options: dict[str, Any] = {"checkpoint": checkpoint, "report": report, "on_restart": report.restart}
        options |= {"progress": self.progress, "reservation": self.reservation}
        return train_on_ray(loop, networks, compute, calls=calls, **options)

    def open_objective(self, settings: ObjectiveSettings) -> AbstractContextManager[Objective]:
        """An objective, scored in processes of this machine or on Ray as `compute` says."""
        return _open_objective(settings, self.config, self.reservation, self.progress)


@contextmanager
def open_work(config: CampaignConfig | Training, progress: Progress) -> Iterator[Work]:
    """Open the run folder for this process alone, write config.yaml, and start the workers that `compute` asks for.

    All are released at the end. Raises ConfigError when no machine has the resources that `compute` asks for, RunError
    when another process works in the folder or it cannot be written."""
    import torch

    compute, started = config.compute, datetime.now(UTC)
    cuda = compute.device != "cpu" and torch.cuda.is_available()
    threads = torch.get_num_threads()
    objectives = plan_objectives(config)
    with ExitStack() as stack:
        if compute.workers:
            from molgan.distributed.resources import check_resources
            from molgan.distributed.session import join_named
            from molgan.distributed.storage import check_storage

            stack.enter_context(join_named(compute))
            check_storage(compute, config.folder, config.storage)
            check_resources(compute, progress, objectives)
        folder = stack.enter_context(open_folder(config.folder))
        copy = stack.enter_context(mirror_folder(folder, config.storage))
        progress = stack.enter_context(log_run(folder, config.name, progress))
        tracking = stack.enter_context(open_tracking(config, folder, progress))

        def keep() -> None:
            copy()
            leave_if_asked()

        if compute.threads:
            torch.set_num_threads(compute.threads)
        stack.callback(torch.set_num_threads, threads)
        write_config(config, folder / "config.yaml")
        reservation = objective = None
        if compute.workers and objectives:
            from molgan.distributed.reservation import reserve

            reservation = stack.enter_context(reserve(compute, objectives, progress))
        if isinstance(config, CampaignConfig):
            objective = stack.enter_context(_open_objective(config.objective, config, reservation, progress))
        metrics, device = MetricsLog(folder, watch_folder(folder)), "cuda" if cuda else "cpu"
        yield Work(config, folder, progress, metrics, objective, device, cores(), keep, started, tracking, reservation)


def plan_objectives(config: CampaignConfig | Training) -> list[list[Pool]]:
    """The pools of all objectives of a campaign, those of its lessons included."""
    if not isinstance(config, CampaignConfig):
        return []
    sections = (config.reinforce, config.optimize)
    lessons = [lesson.objective for section in sections if section is not None for lesson in section.curriculum]
    return [plan_pools(objective.components, config.compute) for objective in (config.objective, *lessons)]


def _open_objective(
    settings: ObjectiveSettings, config: CampaignConfig, reservation: Any, progress: Progress
) -> AbstractContextManager[Objective]:
    if config.compute.workers:
        from molgan.distributed.scoring_pool import open_objective

        return open_objective(settings, config.compute, reservation=reservation, progress=progress)
    from molgan.scoring.processes.local_crew import LocalCrew

    return Objective(settings, LocalCrew(cores()))
