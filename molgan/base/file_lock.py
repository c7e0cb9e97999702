"""A file that one process at a time holds, as a sign that it is at work beside it."""

import errno
import fcntl
import os
import stat
from contextlib import suppress
from pathlib import Path
from typing import TextIO

_LONGEST = 40  # characters of the number of a process


class Held(Exception):
    """Another process holds the lock; the message is the number of the process, as far as it is known."""


def take_lock(path: Path) -> TextIO:
    """Open `path`, which is made when missing, and lock it until it is closed or this process ends.

    The file gets the number of this process. A link, or a file with another content, is never written. Raises Held, and
    OSError where the file cannot be opened or is none of these.
    """
    # The kernel frees the lock of a process that was killed.
    lock = os.fdopen(
        os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o666), "r+", errors="replace"
    )
    try:
        content = lock.read(_LONGEST).strip() if stat.S_ISREG(os.fstat(lock.fileno()).st_mode) else "no file"
        if content and not content.isdecimal():
            raise OSError(errno.EEXIST, "holds something else than the number of a process", str(path))
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Held(content) from None
        lock.seek(0)
        lock.truncate(0)
        print(os.getpid(), file=lock, flush=True)
    except BaseException:
        with suppress(OSError):
            lock.close()
        raise
    return lock
