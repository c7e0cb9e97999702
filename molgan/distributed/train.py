"""Runs the training loops data-parallel on Ray workers."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any

from molgan.base.errors import ConfigError, RunError
from molgan.base.progress import Progress, Silent
from molgan.distributed.mailbox import Asked, Done, Failed, Mailbox, Reported, Started
from molgan.distributed.reservation import Reservation, reserve_training
from molgan.distributed.settings import ComputeSettings
from molgan.distributed.watchdog import Watch, enforce
from molgan.training.checkpoint import read_checkpoint, write_checkpoint
from molgan.training.prior.pretrain import pretrain
from molgan.training.report import Report, silent
from molgan.training.settings import PretrainSettings

if TYPE_CHECKING:
    from molgan.graphs.motif.motif_data import ActionData
    from molgan.models.motif.motif_generator import MotifGenerator
    from molgan.models.protocols import Network

_SECONDS_BETWEEN_LOOKS = 0.5
_SECONDS_BETWEEN_PULSES = 5.0
_PULSES_A_STALL = 60


def pretrain_on_ray(
    generator: MotifGenerator,
    data: ActionData,
    settings: PretrainSettings,
    compute: ComputeSettings,
    *,
    seed: int,
    checkpoint: Path,
    report: Report = silent,
    on_restart: Callable[[], None] = lambda: None,
    progress: Progress | None = None,
    reservation: Reservation | None = None,
) -> None:
    """Run `pretrain` on `compute.workers` Ray workers together; `generator` gets the resulting weights.

    Args:
        generator: The generator to train.
        data: Action sequences of the molecules.
        settings: Settings of the training.
        compute: How many workers there are, and where.
        seed: Seed of the random numbers.
        checkpoint: The folder of the checkpoint.
        report: Takes the metrics of the loop.
        on_restart: Called when the workers start again from the checkpoint.
        progress: Gets messages.
        reservation: The room of the workers; their own by default.

    Raises:
        ConfigError: A batch has fewer molecules than there are workers.
        RunError: The training fails; see `train_on_ray`.
    """
    batch = min(settings.batch_size, len(data))
    if batch < compute.workers:
        raise ConfigError(f"compute.workers: {compute.workers} workers cannot share a batch of {batch} molecules")
    loop = partial(pretrain, data=data, settings=settings, seed=seed)
    options: dict[str, Any] = {"report": report, "on_restart": on_restart, "progress": progress}
    options["reservation"] = reservation
    train_on_ray(loop, {"generator": generator}, compute, checkpoint=checkpoint, **options)
    generator.eval()


def train_on_ray(
    loop: Callable[..., Any],
    networks: Mapping[str, Network],
    compute: ComputeSettings,
    *,
    checkpoint: Path,
    report: Report,
    calls: Mapping[str, Callable[..., Any]] | None = None,
    on_restart: Callable[[], None] = lambda: None,
    progress: Progress | None = None,
    reservation: Reservation | None = None,
) -> Any:
    """Call `loop(**networks, **calls, share=…, checkpoint=…, report=…)` in Ray workers that form a process group (gloo,
    or nccl).

    Each worker takes its share of every batch, so that settings mean the same as in one process. The loop is sent
    pickled, with its arguments. When a worker is lost, all start again from the checkpoint, at most `compute.failures`
    times; steps since the checkpoint are then reported twice. Workers that stop, or wait for each other for ever, are
    ended after `compute.stall`.

    Args:
        loop: The training loop.
        networks: The networks by their names in the loop; they get the trained weights at the end.
        compute: How many workers there are, and where.
        checkpoint: The folder of the checkpoint on this machine; the workers need not see it.
        report: Takes the metrics of the loop.
        calls: Functions of this process that the leading worker may call, by their names in the loop.
        on_restart: Called when the workers start again from the checkpoint.
        progress: Gets messages.
        reservation: The room of the workers; their own by default.

    Returns:
        The result of the loop.

    Raises:
        MolganError: The loop raised it; it is passed on at once.
        RunError: Anything else ended the training.
    """
    progress = progress or Silent()
    devices = {name: next(network.parameters()).device for name, network in networks.items()}
    with reserve_training(reservation, compute, progress) as held:
        import ray

        loop_and_networks = ray.put((loop, {name: network.cpu() for name, network in networks.items()}))
        mailbox = _start_mailbox(checkpoint)
        task = {
            "loop": loop_and_networks,
            "calls": list(calls or {}),
            "mailbox": mailbox,
            "path": sys.path,
            "threads": compute.threads or 1,
            "pulse": min(_SECONDS_BETWEEN_PULSES, (compute.stall or math.inf) / _PULSES_A_STALL),
        }
        try:
            done = _attend_workers(task, compute, held, checkpoint, report, calls or {}, on_restart, progress)
        except ray.exceptions.RayError as error:
            reason = f"the driver has lost its training workers ({type(error).__name__})"
            raise RunError(f"{reason}; run again to continue") from error
        finally:
            ray.kill(mailbox)  # workers that are still running fail without it, and end
    for name, network in networks.items():
        network.load_state_dict(done.networks[name])
        network.to(devices[name])
    return done.outcome


def _attend_workers(
    task: dict[str, Any],
    compute: ComputeSettings,
    reservation: Reservation,
    checkpoint: Path,
    report: Report,
    calls: Mapping[str, Callable[..., Any]],
    on_restart: Callable[[], None],
    progress: Progress,
) -> Done:
    """Start the training, and answer the messages of the workers until its end."""
    import ray

    from molgan.distributed.trainer import fit

    mailbox, errors, starts, done = task["mailbox"], list[BaseException](), 0, None
    watch = Watch(compute.stall)
    # In a thread, so that this thread can answer the workers and be interrupted.
    training = Thread(target=fit, args=(task, compute, reservation, errors), daemon=True)
    training.start()
    while training.is_alive() or done is None:
        ended = not training.is_alive()
        messages = ray.get(mailbox.take.remote(_SECONDS_BETWEEN_LOOKS))
        if not messages and done is None:
            _look_after(mailbox, watch, progress)
        for message in messages:
            match message:
                case Started():
                    starts += 1
                    if starts > 1:
                        on_restart()
                        progress.message("a training worker was lost; all workers continue from the last checkpoint")
                case Reported(metrics, saved, files):
                    if files:
                        write_checkpoint(checkpoint, files)
                    report(metrics, saved)
                case Asked(number, name, arguments):
                    mailbox.answer.remote(number, calls[name](*arguments))
                    watch.reset()
                case Failed(error):
                    raise error
                case Done():
                    done = message
        if ended and not messages and done is None:
            cause = errors[0] if errors else RuntimeError("the workers ended without a message")
            raise _describe_failure(cause, starts) from cause
    if done.checkpoint:
        write_checkpoint(checkpoint, done.checkpoint)
    return done


def _look_after(mailbox: Any, watch: Watch, progress: Progress) -> None:
    """End workers that have stopped or are stuck."""
    import ray

    beats = ray.get(mailbox.beats.remote())
    verdict = watch.judge(beats)
    if verdict is not None:
        enforce(verdict, beats, progress)
        if verdict.end:
            ray.get(mailbox.forget_beats.remote())
            watch.reset()


def _start_mailbox(checkpoint: Path) -> Any:
    import ray
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    here = NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=False)
    actor = ray.remote(Mailbox).options(num_cpus=0, scheduling_strategy=here)
    return actor.remote(read_checkpoint(checkpoint))


def _describe_failure(error: BaseException, starts: int) -> RunError:
    """The error of the first worker that failed, in one line."""
    first = next(iter(getattr(error, "worker_failures", {}).values()), error)
    lines = str(first).strip().splitlines() or [""]
    return RunError(f"training on Ray failed after {starts} starts: {type(first).__name__}: {lines[0]}")
