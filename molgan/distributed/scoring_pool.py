"""An objective whose scoring is done by Ray actors."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import NoReturn

from molgan.base.progress import Progress
from molgan.distributed.reservation import Reservation
from molgan.distributed.scoring_actors import ScoringActors
from molgan.distributed.settings import ComputeSettings
from molgan.scoring.objective import Objective
from molgan.scoring.settings import ObjectiveSettings


def open_objective(
    settings: ObjectiveSettings,
    compute: ComputeSettings,
    *,
    reservation: Reservation | None = None,
    progress: Progress | None = None,
) -> AbstractContextManager[Objective]:
    """The objective, scored in this process or, as `compute` says, on Ray workers for as long as the `with` lasts, in
    the room of `reservation` where there is one."""
    if compute.workers == 0:
        return nullcontext(Objective(settings))
    return ScoringPool(settings, compute, reservation=reservation, progress=progress)


class ScoringPool(Objective):
    """An `Objective` scored by `ScoringActors`, which explains the arguments; for use in a `with` block."""

    def __init__(
        self,
        objective: ObjectiveSettings,
        compute: ComputeSettings,
        *,
        chunk: int | None = None,
        reservation: Reservation | None = None,
        progress: Progress | None = None,
    ) -> None:
        super().__init__(objective, ScoringActors(compute, chunk=chunk, reservation=reservation, progress=progress))

    def __reduce__(self) -> NoReturn:
        raise TypeError("a scoring pool belongs to its process; send its settings")
