"""One process holds a lock, and its file is the only one that is written."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from molgan.base.file_lock import Held, take_lock

HOLD = (
    "import sys, pathlib\n"
    "from molgan.base.file_lock import take_lock\n"
    "lock = take_lock(pathlib.Path(sys.argv[1]))\n"
    "print('held', flush=True)\n"
    "sys.stdin.read()\n"
)


def test_a_lock_that_another_process_holds_names_it_and_is_free_when_it_is_killed(tmp_path: Path) -> None:
    path = tmp_path / ".lock"
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", HOLD, str(path)], stdin=pipe, stdout=pipe, text=True) as other:
        assert other.stdout is not None and other.stdout.readline() == "held\n"
        with pytest.raises(Held, match=f"^{other.pid}$"):
            take_lock(path)
        other.kill()
    with take_lock(path):
        assert path.read_text() == f"{os.getpid()}\n"
    take_lock(path).close()


def test_no_link_is_followed_and_no_other_file_is_written(tmp_path: Path) -> None:
    victim, link, full = tmp_path / "victim", tmp_path / "link", tmp_path / "full"
    victim.write_text("")
    link.symlink_to(victim)
    full.write_text("mine, not a lock")
    os.mkfifo(tmp_path / "pipe")
    for path in (link, full, tmp_path / "pipe", tmp_path):
        with pytest.raises(OSError):
            take_lock(path)
    assert victim.read_text() == "" and full.read_text() == "mine, not a lock"
