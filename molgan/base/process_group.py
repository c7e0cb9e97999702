"""A command with all that it starts: ended together, also when this process is killed or cannot act."""

import contextlib
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from typing import Any, AnyStr, cast


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
        text: bool = False,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """stdin and stdout are pipes. Raises OSError when the command cannot be run."""
        pipe = subprocess.PIPE
        super().__init__(
            command, stdin=pipe, stdout=pipe, stderr=stderr, text=text, env=environment, start_new_session=True
        )
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
