"""Progress of long work, without printing: the command line passes a `Progress`, a library call passes none."""

from collections.abc import Mapping
from typing import Protocol


class Progress(Protocol):
    """Receives the progress of long work."""

    def start(self, task: str, total: int | None = None) -> None:
        """A task begins; `total` counts its units of work (molecules, steps), None when unknown."""

    def advance(self, task: str, done: int = 1, **figures: float) -> None:
        """`done` more units are finished; `figures` (loss=…, valid=…) are shown next to the bar."""

    def note(self, task: str, facts: Mapping[str, str]) -> None:
        """Other facts about a task, such as its best molecule; they replace the facts of the previous call."""

    def finish(self, task: str) -> None:
        """A task has ended."""

    def message(self, text: str) -> None:
        """One line for the user: a decision, a warning, a stage that was skipped."""


class Silent:
    """A `Progress` that shows nothing."""

    def start(self, task: str, total: int | None = None) -> None:
        pass

    def advance(self, task: str, done: int = 1, **figures: float) -> None:
        pass

    def note(self, task: str, facts: Mapping[str, str]) -> None:
        pass

    def finish(self, task: str) -> None:
        pass

    def message(self, text: str) -> None:
        pass


Figures = Mapping[str, float]
