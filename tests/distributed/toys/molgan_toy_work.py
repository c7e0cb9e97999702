"""Work on chunks of text, one of which no worker survives."""

import os
import time
from collections.abc import Sequence
from pathlib import Path


class Shout:
    def __call__(self, rows: Sequence[str]) -> bytes:
        if "die" in rows:
            os._exit(1)
        return " ".join(rows).upper().encode()

    def lost(self, rows: Sequence[str], reason: str) -> bytes:
        return f"({reason})".encode()


def joined(parts: Sequence[bytes]) -> bytes:
    return b" ".join(parts)


class Waiting:
    """Gives back its rows; a chunk with `wait` goes on when one with `go` has been worked on after it."""

    def __init__(self, folder: Path) -> None:
        self._gone = folder / "gone"

    def __call__(self, rows: Sequence[str]) -> bytes:
        if "go" in rows:
            self._gone.touch()
        while "wait" in rows and not self._gone.exists():
            time.sleep(0.05)
        return " ".join(rows).encode()

    def lost(self, rows: Sequence[str], reason: str) -> bytes:
        return f"({reason})".encode()


class Echo:
    """Gives back its items, after some seconds; one that begins with `hang` takes an hour."""

    def __init__(self, seconds: float) -> None:
        self._seconds = float(seconds)

    def work(self, items: Sequence[object]) -> list[object]:
        for item in items:
            time.sleep(3600 if str(item).startswith("hang") else self._seconds)
        return list(items)
