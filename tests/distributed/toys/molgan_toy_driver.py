"""A campaign in a process of its own, to watch and to kill."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from threading import Thread
from typing import Any, Self

import molgan_toy_campaign

WORKERS = ["compute.workers=2", "reinforce.steps=40", "reinforce.checkpoint_every=5"]


class Driver:
    """`told` is what it has said; everything that it started is killed when the `with` ends."""

    def __init__(self, home: Path, folder: Path, *overrides: str, **environment: str) -> None:
        self.folder = folder
        self.told: list[str] = []
        command = [sys.executable, molgan_toy_campaign.__file__, str(home), f"out={folder}", *WORKERS, *overrides]
        self.process = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, "MOLGAN_CACHE": str(home / "cache"), **environment},
        )
        Thread(target=lambda: self.told.extend(self.process.stdout or []), daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        for pid in [*(pid for pid, _ in self.processes()), self.process.pid]:
            kill(pid)
        self.process.wait()

    def rows(self, stage: str = "reinforce") -> list[dict[str, Any]]:
        """What the stage has reported."""
        try:
            lines = (self.folder / "metrics.jsonl").read_text().splitlines()
        except FileNotFoundError:
            return []
        rows = [json.loads(line) for line in lines if line.endswith("}")]
        return [row for row in rows if row["stage"] == stage]

    def step(self) -> int:
        """The last step of reinforcement learning."""
        return max((row["step"] for row in self.rows()), default=0)

    def until(self, condition: Callable[[], bool], seconds: float = 240) -> float:
        """Wait; gives the seconds that it took."""
        began = time.monotonic()
        while not condition():
            assert self.process.poll() is None, f"ended with {self.process.returncode}: {self.told}"
            assert time.monotonic() < began + seconds, self.told
            time.sleep(0.01)
        return time.monotonic() - began

    def recovery(self, fault: Callable[[], object]) -> dict[str, object]:
        """Let the fault happen; how long it takes until the course goes on, and the updates that were done again."""
        before = self.rows()
        saved = max((row["step"] for row in before if row.get("saved")), default=0)
        step = before[-1]["step"]
        fault()
        seconds = self.until(lambda: self.step() > step and self.rows()[-1]["step"] > step)
        return {"seconds": round(seconds, 1), "step": step, "since checkpoint": step - saved}

    def end(self, seconds: float = 300) -> int:
        """Wait for its end; gives its exit code."""
        return self.process.wait(seconds)

    def processes(self) -> list[tuple[int, str]]:
        """The process id and the title of everything that it has started, and that what it started has."""
        children: dict[int, list[int]] = {}
        for stat in Path("/proc").glob("[0-9]*/stat"):
            try:
                parent = int(stat.read_text().rpartition(")")[2].split()[1])
            except (OSError, IndexError):
                continue
            children.setdefault(parent, []).append(int(stat.parent.name))
        found, waiting = [], [self.process.pid]
        while waiting:
            for pid in children.get(waiting.pop(), []):
                waiting.append(pid)
                found.append((pid, title(pid)))
        return found

    def named(self, name: str) -> list[int]:
        """The process ids of the Ray workers whose title has the name."""
        return [pid for pid, words in self.processes() if words.startswith("ray::") and name in words]


def title(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ").strip()
    except OSError:
        return ""


def kill(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
