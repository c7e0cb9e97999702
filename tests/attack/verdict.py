"""Runs the command line or a script in a process of its own, and says how it ended and what it took."""

import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Verdict:
    """`code`: the exit code, negative for a signal. `megabytes`: the most memory that the process itself had."""

    code: int
    out: str
    err: str
    megabytes: int

    @property
    def is_told(self) -> bool:
        """Whether it ended in order: done, or with a line on what to mend."""
        last = (self.err.splitlines() or [""])[-1]
        return "Traceback" not in self.err and (self.code in (0, 3) or (self.code == 2 and last.startswith("molgan: ")))


def run(*command: object, seconds: float = 300, cwd: Path | None = None, **environment: str) -> Verdict:
    """Run a command of `python`, at most so many seconds."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        process = subprocess.Popen(
            [sys.executable, *map(str, command)],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
            cwd=cwd,
            start_new_session=True,
            env={**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", **environment},
        )
        timer = threading.Timer(seconds, os.killpg, (process.pid, signal.SIGKILL))
        timer.start()
        megabytes, ended = 0, 0
        while not ended:
            megabytes = max(megabytes, _read_peak(process.pid))
            ended, status = os.waitpid(process.pid, os.WNOHANG)
            time.sleep(0.02)
        timer.cancel()
        process.returncode = os.waitstatus_to_exitcode(status)
        texts = []
        for file in (out, err):
            file.seek(0)
            texts.append(file.read().decode(errors="replace"))
    return Verdict(process.returncode, texts[0], texts[1], megabytes)


def _read_peak(pid: int) -> int:
    """The most memory of a process so far, in megabytes. What the kernel tells of a process that has ended begins with
    the memory of the one that started it, which may be large."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) // 1024 for line in lines if line.startswith("VmHWM")), 0)


def molgan(*arguments: object, **how: object) -> Verdict:
    """Run a verb of the command line."""
    return run("-m", "molgan", *arguments, **how)  # type: ignore[arg-type]
