"""What a trial of a sweep is for Ray: a command, where it works, and where its figures are found."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

Curve = Sequence[tuple[int, float]]
"""The steps of a training with the figure that counts at each, in order."""


@dataclass(frozen=True)
class TrialTask:
    """`command` runs a campaign in `run`, or goes on with it; it works in `place`, and its output goes to `log`.
    `read` gives the figures of a run folder so far, None where nothing is stopped early. Raises MolganError there where
    a stage does not have the figure."""

    name: str
    command: list[str]
    run: Path
    log: Path
    place: Path
    read: Callable[[Path], Curve] | None = None


@dataclass(frozen=True)
class TrialEnd:
    """`state`: done, stopped (early, by the scheduler) or failed. `seconds`: since its process was last started."""

    state: str
    seconds: float
    reason: str = ""
