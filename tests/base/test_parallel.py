"""Workers of a pool do not outlive the process that started them."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

SCRIPT = """
import os, sys, time
from molgan.bulk.streams import Processes

def work(chunk):
    with open(sys.argv[1], "a") as file:
        file.write(f"{os.getpid()}\\n")
    return b""

if __name__ == "__main__":
    with Processes(work, 2) as crew:
        for _ in crew.map(iter(lambda: time.sleep(0.05) or [1], None)):
            pass
"""


def test_workers_end_with_a_driver_that_was_killed(tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text(SCRIPT)
    seen = tmp_path / "seen"
    command = [sys.executable, str(tmp_path / "script.py"), str(seen)]
    driver = subprocess.Popen(command, env={**os.environ, "PYTHONPATH": os.getcwd()})
    deadline = time.monotonic() + 60
    while not seen.exists() or len(seen.read_text().splitlines()) < 5:
        assert driver.poll() is None and time.monotonic() < deadline
        time.sleep(0.05)
    driver.send_signal(signal.SIGKILL)
    driver.wait()
    workers = {int(line) for line in seen.read_text().splitlines()}
    deadline = time.monotonic() + 20
    while any(_runs(pid) for pid in workers):
        assert time.monotonic() < deadline, "a worker lives on"
        time.sleep(0.05)


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
