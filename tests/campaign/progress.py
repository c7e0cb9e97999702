"""Kinds of progress that tests look at a campaign with."""

from collections import Counter

from molgan.base.progress import Silent


class Told(Silent):
    """Keeps what is told to the user."""

    def __init__(self) -> None:
        self.messages: list[str] = []

    def message(self, text: str) -> None:
        self.messages.append(text)


class Killed(BaseException):
    """The end of a process that is killed."""


class Kill(Silent):
    """Kills when a task has advanced so many times."""

    def __init__(self, task: str, times: int) -> None:
        self._task, self._times = task, times
        self._seen: Counter[str] = Counter()

    def advance(self, task: str, done: int = 1, **figures: float) -> None:
        self._seen[task] += 1
        if self._seen[self._task] == self._times:
            raise Killed
