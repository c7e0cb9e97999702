"""Commands that end with all that they have started."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from molgan.base.process_group import ProcessGroup

# Starts a child, says both their ids, and holds Python's lock from then on.
STUCK = (
    "import ctypes, os, subprocess; child = subprocess.Popen(['sleep', '600'], stdout=subprocess.DEVNULL); "
    "print(os.getpid(), child.pid, flush=True); ctypes.PyDLL(None).sleep(600)"
)
DRIVER = """
import subprocess, sys, threading, time
from molgan.base.process_group import ProcessGroup

groups = []
starting = threading.Thread(target=lambda: groups.append(
    ProcessGroup([sys.executable, "-c", sys.argv[1]], stderr=subprocess.DEVNULL, text=True)
))
starting.start()
starting.join()
print(groups[0].stdout.readline(), flush=True)
assert groups[0].poll() is None, "ended with the thread that has started it"
print("on", flush=True)
time.sleep(600)
"""


@pytest.mark.skipif(os.name != "posix", reason="process groups")
@pytest.mark.parametrize("sent", [signal.SIGKILL, signal.SIGTERM])
def test_a_busy_command_and_its_children_end_with_their_parent(sent: signal.Signals) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", DRIVER, STUCK],
        env={**os.environ, "PYTHONPATH": os.getcwd()},
        stdout=subprocess.PIPE,
        text=True,
    ) as driver:
        assert driver.stdout is not None
        pids = [int(pid) for pid in driver.stdout.readline().split()]
        assert driver.stdout.read(4).strip() == "on"
        assert len(pids) == 2 and all(map(runs, pids))
        driver.send_signal(sent)
        assert driver.wait(10) == -sent
    deadline = time.monotonic() + 10
    while any(map(runs, pids)):
        assert time.monotonic() < deadline, "a process lives on"
        time.sleep(0.05)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_nothing_is_left_of_a_group_that_has_ended() -> None:
    before = children()
    group: ProcessGroup[bytes] = ProcessGroup(["cat"], stderr=subprocess.DEVNULL)
    assert group.communicate(b"text")[0] == b"text"
    group.end()
    group.end()
    assert group.returncode == 0
    with pytest.raises(FileNotFoundError):
        ProcessGroup(["no-such-program"], stderr=subprocess.DEVNULL)
    assert children() == before


def children() -> set[str]:
    tasks = Path(f"/proc/{os.getpid()}/task").glob("*/children")
    return {pid for task in tasks for pid in task.read_text().split()}


def runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{pid}/stat")
    return not status.exists() or status.read_text().rpartition(")")[2].split()[0] != "Z"
