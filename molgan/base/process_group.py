"""A command with all that it starts: ended together, also when this process is killed or cannot act."""

import contextlib
import os
import selectors
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from typing import Any, AnyStr, cast

_PIECE = 1 << 16
_STDERR_KEPT = 2000


class Overfull(Exception):
    """A command wrote more than it may; the message is the number of bytes."""


class ProcessGroup(subprocess.Popen[AnyStr]):
    """A command in a session of its own. `end` ends it and its children, and so does the end of this process, however
    that happens and however busy the command is.

    A shell waits for the end of this process, at a pipe that only this one holds: the command itself may get no turn
    to see it, and the kernel's parent-death signal would leave the children, and comes when a thread ends.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        stderr: Any,
        stdout: Any = subprocess.PIPE,
        text: bool = False,
        environment: Mapping[str, str] | None = None,
        folder: str | None = None,
    ) -> None:
        """stdin is a pipe, stdout by default. `folder`: where the command works, by default where this process does.
        Raises OSError when the command cannot be run."""
        pipe = subprocess.PIPE
        how: dict[str, Any] = {"text": text, "env": environment, "cwd": folder, "start_new_session": True}
        super().__init__(command, stdin=pipe, stdout=stdout, stderr=stderr, **how)
        self._sentinel: subprocess.Popen[bytes] | None = None
        if os.name == "posix":
            try:
                self._sentinel = subprocess.Popen(
                    ["/bin/sh", "-c", f"read -r line; kill -9 -{self.pid}"],
                    stdin=pipe,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    start_new_session=True,
                )
            except BaseException:
                self.end()
                raise

    def exchange(self, given: bytes, *, timeout: float, most: int) -> tuple[bytes, bytes]:
        """Write to stdin, and read stdout and the end of stderr until both are closed and the command has ended.

        As `communicate`, for pipes of bytes, with an end to what is kept. Raises Overfull for more than `most` bytes on
        stdout, and subprocess.TimeoutExpired after so many seconds; the command then goes on.
        """
        end = time.monotonic() + timeout
        me, rest = cast(Any, self), memoryview(given)
        texts: dict[Any, bytearray] = {me.stdout: bytearray(), me.stderr: bytearray()}
        with selectors.DefaultSelector() as pipes:
            for pipe in (me.stdin, *texts):
                os.set_blocking(pipe.fileno(), False)
                pipes.register(pipe, selectors.EVENT_READ if pipe in texts else selectors.EVENT_WRITE)
            while pipes.get_map():
                if (left := end - time.monotonic()) <= 0:
                    raise subprocess.TimeoutExpired(self.args, timeout)
                for key, _ in pipes.select(left):
                    pipe = cast(Any, key.fileobj)
                    if pipe in texts:
                        piece = os.read(pipe.fileno(), _PIECE)
                        texts[pipe] += piece
                        is_done = not piece
                    else:
                        rest = rest[_write_some(pipe, rest) :]
                        is_done = not rest
                    if is_done:
                        pipes.unregister(pipe)
                        pipe.close()
                del texts[me.stderr][:-_STDERR_KEPT]
                if len(texts[me.stdout]) > most:
                    raise Overfull(f"{most:,}")
        self.wait(max(0.0, end - time.monotonic()))
        return bytes(texts[me.stdout]), bytes(texts[me.stderr])

    def end(self) -> None:
        """Kill the command and its children, and wait for it."""
        if os.name == "posix":
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, signal.SIGKILL)
        self.kill()
        self.wait()
        sentinel, self._sentinel = self._sentinel, None
        if sentinel is not None:
            sentinel.kill()
            sentinel.wait()
            cast(Any, sentinel.stdin).close()


def _write_some(pipe: Any, content: memoryview) -> int:
    """How many bytes went into a pipe; all of them where nobody reads it."""
    try:
        return os.write(pipe.fileno(), content[:_PIECE]) if content else 0
    except BrokenPipeError:
        return len(content)
