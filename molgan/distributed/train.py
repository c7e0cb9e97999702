"""Training on Ray workers: the loops of `training/`, data-parallel."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread
from typing import Any

from molgan.distributed.session import import_from, ray_session
from molgan.distributed.settings import ComputeSettings
from molgan.errors import ConfigError, MolganError, RunError
from molgan.graphs.datasets import ActionData
from molgan.models.motif import MotifGenerator
from molgan.progress import Progress, Silent
from molgan.training.checkpoint import load_checkpoint, under_prefix
from molgan.training.pretrain import Report, pretrain
from molgan.training.settings import PretrainSettings
from molgan.training.share import Share

_MOST_FAILURES = 3
_SECONDS_BETWEEN_REPORTS = 0.5


def pretrain_on_ray(
    generator: MotifGenerator,
    data: ActionData,
    settings: PretrainSettings,
    compute: ComputeSettings,
    *,
    seed: int,
    checkpoint: Path,
    report: Report = lambda metrics, checkpoint: None,
    progress: Progress | None = None,
) -> None:
    """`pretrain` by `compute.workers` Ray workers together; in the end `generator` has the weights that it gives.

    Each worker takes its share of every batch, so that settings mean what they mean in one process, and the gradients
    are the same but for rounding. All workers must see the folder of the checkpoint. When one is lost, all start again
    from there. Raises ConfigError where a batch has fewer molecules than there are workers; else as `train_on_ray`.
    """
    batch = min(settings.batch_size, len(data))
    if batch < compute.workers:
        raise ConfigError(f"compute.workers: {compute.workers} cannot share a batch of {batch} molecules")
    checkpoint, device = checkpoint.resolve(), generator.device
    loop = partial(_pretrain, generator.cpu(), data, settings, seed=seed, checkpoint=checkpoint)
    train_on_ray(loop, compute, report=report, progress=progress)
    if (saved := load_checkpoint(checkpoint)) is None:
        raise RunError(f"{checkpoint}: the workers wrote no checkpoint here: is the folder on storage that they share?")
    generator.load_state_dict(under_prefix("generator", saved[0]))
    generator.to(device).eval()


def train_on_ray(
    loop: Callable[..., None], compute: ComputeSettings, *, report: Report, progress: Progress | None = None
) -> None:
    """Call `loop(share=…, report=…)` in `compute.workers` Ray workers that form a process group (gloo, or nccl).

    The loop travels pickled, arguments included, and owns its checkpoints: when a worker is lost, all start again, at
    most three times, which `progress` is told. `report` is called here with what the leading worker reports; steps
    since the last checkpoint come twice. Raises the loop's own MolganError at once, RunError for anything else that
    ends the training.
    """
    with ray_session(compute.workers * _threads(compute), compute.address):
        import ray
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

        here = NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=False)
        mailbox = ray.remote(_Mailbox).options(num_cpus=0, scheduling_strategy=here).remote()
        task = {"loop": ray.put(loop), "path": sys.path, "threads": _threads(compute), "mailbox": mailbox}
        progress = progress or Silent()
        errors: list[BaseException] = []
        # In a thread, so that this one passes reports on and can be interrupted.
        training = Thread(target=_fit, args=(task, compute, errors), daemon=True)
        training.start()
        starts = 0
        while training.is_alive():
            training.join(_SECONDS_BETWEEN_REPORTS)
            for message in ray.get(mailbox.take.remote()):
                match message:
                    case MolganError():
                        raise message
                    case metrics, saved:
                        report(metrics, saved)
                    case "started":
                        starts += 1
                        if starts > 1:
                            progress.message("a training worker was lost: all go on from the last checkpoint")
        if errors:
            raise _failure(errors[0]) from errors[0]


class _Mailbox:
    """The actor to which workers report. It lives on the driver's node, for without that all is lost."""

    def __init__(self) -> None:
        self._messages: list[Any] = []

    def put(self, message: Any) -> None:
        self._messages.append(message)

    def take(self) -> list[Any]:
        """What has come since the last time."""
        messages, self._messages = self._messages, []
        return messages


def _fit(task: dict[str, Any], compute: ComputeSettings, errors: list[BaseException]) -> None:
    """Train to the end; what goes wrong is left in `errors`, for the thread that waits."""
    import ray
    from ray.train import FailureConfig, RunConfig, ScalingConfig
    from ray.train.torch import TorchTrainer
    from ray.train.v2.api.config import LoggingConfig

    gpus = ray.cluster_resources().get("GPU", 0)
    scaling = ScalingConfig(
        num_workers=compute.workers,
        use_gpu=compute.device == "cuda" or (compute.device == "auto" and gpus >= compute.workers),
        resources_per_worker={"CPU": task["threads"]},
    )
    failures = FailureConfig(max_failures=_MOST_FAILURES, controller_failure_limit=_MOST_FAILURES)
    try:
        # Ray Train wants a folder, though checkpoints are the loop's own and nothing but a marker comes into it.
        with TemporaryDirectory(prefix="molgan-") as folder:
            run = RunConfig(
                storage_path=folder, failure_config=failures, logging_config=LoggingConfig(log_level="ERROR")
            )
            TorchTrainer(_work, train_loop_config=task, scaling_config=scaling, run_config=run).fit()
    except (Exception, SystemExit) as error:  # SystemExit is what Ray raises in a call under way when it is shut down
        errors.append(error)


def _work(task: dict[str, Any]) -> None:
    """What each worker does."""
    import ray
    import ray.train
    import torch

    import_from(task["path"])
    torch.set_num_threads(task["threads"])
    context = ray.train.get_context()
    share = Share(context.get_world_rank(), context.get_world_size(), torch.distributed.all_reduce)
    put = task["mailbox"].put.remote
    last = [put("started")] if share.leads else []

    def report(metrics: dict[str, float], saved: Mapping[str, Any] | None) -> None:
        if share.leads:
            last[:] = [put((metrics, saved))]

    try:
        ray.get(task["loop"])(share=share, report=report)
    except MolganError as error:
        ray.get(put(error))
        raise
    ray.get(last)


def _pretrain(generator: MotifGenerator, data: ActionData, settings: PretrainSettings, **options: Any) -> None:
    from ray.train.torch import get_device

    pretrain(generator.to(get_device()), data, settings, **options)


def _threads(compute: ComputeSettings) -> int:
    """PyTorch's threads a worker: one, since workers that share processors scale only then."""
    return compute.threads or 1


def _failure(error: BaseException) -> RunError:
    """What the first worker failed of in the end, in one line."""
    first = next(iter(getattr(error, "worker_failures", {}).values()), error)
    lines = str(first).strip().splitlines() or [""]
    return RunError(f"training on Ray failed after {_MOST_FAILURES} new starts: {type(first).__name__}: {lines[0]}")
