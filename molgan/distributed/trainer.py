"""Ray Train, with its workers in the reserved room of a job in place of room that it would ask for itself."""

from __future__ import annotations

from tempfile import TemporaryDirectory
from typing import Any, ClassVar

from ray.train.v2._internal.callbacks.placement_group_callback import PlacementGroupCleanerCallback
from ray.train.v2._internal.execution.callback import ControllerCallback
from ray.train.v2._internal.execution.controller.controller import TrainController
from ray.train.v2._internal.execution.worker_group.placement_group_handle import DefaultPlacementGroupHandle
from ray.train.v2._internal.execution.worker_group.worker_group import WorkerGroup
from ray.train.v2.api.config import FailureConfig, LoggingConfig, RunConfig, ScalingConfig
from ray.train.v2.torch.torch_trainer import TorchTrainer

from molgan.distributed.rendezvous import torch_config
from molgan.distributed.reservation import Reservation
from molgan.distributed.settings import ComputeSettings
from molgan.distributed.training_worker import work

_MOST_FAILED_STARTS = 60
# For the room of a lost worker. The driver says what is missing meanwhile.
_SECONDS_TO_WAIT_FOR_ROOM = 7 * 24 * 3600
# Workers wait in a collective operation while the leader waits for rewards. The driver's watch ends what is stuck.
_SECONDS_TO_WAIT_FOR_OTHERS = 7 * 24 * 3600


def fit(task: dict[str, Any], compute: ComputeSettings, reservation: Reservation, errors: list[BaseException]) -> None:
    """Train to the end; an error is appended to `errors`, for the thread that waits."""
    gpus = reservation.gpus
    scaling = ScalingConfig(
        num_workers=compute.workers,
        use_gpu=gpus > 0,
        resources_per_worker={"CPU": task["threads"]} | ({"GPU": gpus} if gpus else {}),
    )
    failures = FailureConfig(max_failures=compute.failures, controller_failure_limit=_MOST_FAILED_STARTS)
    callbacks: list[Any] = [KeepReservation(reservation.group)]
    try:
        # Ray Train needs a folder, though the loop keeps its own checkpoints and Ray writes only a marker there.
        with TemporaryDirectory(prefix="molgan-") as folder:
            TorchTrainer(
                work,
                train_loop_config=task,
                scaling_config=scaling,
                torch_config=torch_config(folder, _SECONDS_TO_WAIT_FOR_OTHERS, gpus),
                run_config=RunConfig(
                    storage_path=folder,
                    failure_config=failures,
                    callbacks=callbacks,
                    logging_config=LoggingConfig(log_level="ERROR"),
                ),
            ).fit()
    except (Exception, SystemExit) as error:  # Ray raises SystemExit in a running call when it is shut down
        errors.append(error)


class KeepReservation(ControllerCallback):
    """Makes Ray Train's controller, an actor of its own, put its workers into the first parts of a placement group."""

    def __init__(self, group: Any) -> None:
        self._group = group

    def after_controller_start(self, train_run_context: Any) -> None:
        _ReservedWorkerGroup.reserved = self._group
        TrainController.worker_group_cls = _ReservedWorkerGroup


class _ReservedWorkerGroup(WorkerGroup):
    reserved: ClassVar[Any] = None

    def __init__(self, train_run_context: Any, worker_group_context: Any, callbacks: Any = None) -> None:
        # Ray's cleaner would remove the whole reservation once the controller of a stage has ended.
        kept = [each for each in callbacks or [] if not isinstance(each, PlacementGroupCleanerCallback)]
        super().__init__(train_run_context, worker_group_context, kept)

    def _create_placement_group(self, scaling_config: Any, worker_group_context: Any) -> Any:
        return _Kept(self.reserved)


class _Kept(DefaultPlacementGroupHandle):
    """A placement group that outlives the workers of a stage."""

    def shutdown(self) -> None:
        pass

    def wait(self, timeout_seconds: float = 0) -> bool:
        return bool(super().wait(_SECONDS_TO_WAIT_FOR_ROOM))
