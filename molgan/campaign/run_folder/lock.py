"""Locks a run folder for one process at a time, and explains in one line why a folder cannot be written."""

import errno
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from molgan.base.errors import RunError
from molgan.base.file_lock import Held, take_lock

_UNWRITABLE = frozenset({errno.EACCES, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.ENOSPC, errno.EPERM, errno.EROFS})


@contextmanager
def open_folder(folder: Path) -> Iterator[Path]:
    """Create the run folder if it is missing, and reserve it for this process for as long as the `with` lasts.

    Raises RunError when another process works in the folder, when it cannot be created, when a write in it fails, or
    when it was removed meanwhile.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = take_lock(folder / ".lock")
    except Held as error:
        raise RunError(
            f"{folder}: process {error} is at work in this folder; wait, or set `out` to another folder"
        ) from None
    except OSError as error:
        raise _make_error(folder, error) from None
    with lock:
        require_same = watch_folder(folder)
        try:
            for leftover in folder.rglob(".*.part"):
                leftover.unlink(missing_ok=True)
            yield folder
        except OSError as error:
            if error.errno in _UNWRITABLE:
                raise _make_error(folder, error) from error
            require_same()
            raise


def check_writable(folder: Path) -> None:
    """Raises RunError where the run folder could not be made or written; leaves nothing there."""
    folder = folder.absolute()
    missing = [each for each in (folder, *folder.parents) if not _is_there(each)]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        Path(tempfile.mkdtemp(prefix=".molgan-", dir=folder)).rmdir()
    except OSError as error:
        raise _make_error(folder, error) from None
    finally:
        for each in missing:
            with suppress(OSError):
                each.rmdir()


def _is_there(place: Path) -> bool:
    try:
        return place.exists()
    except OSError:  # a name that is too long
        return False


def watch_folder(folder: Path) -> Callable[[], None]:
    """What raises RunError once the folder, which is locked, has been deleted or replaced: another process could lock
    the new one, and both would write there."""
    lock = folder / ".lock"
    own = lock.stat().st_ino

    def require_same() -> None:
        try:
            same = lock.stat().st_ino == own
        except OSError:
            same = False
        if not same:
            raise RunError(
                f"{folder}: was deleted or replaced while this run was at work in it; run again, from the start"
            )

    return require_same


def _make_error(folder: Path, error: OSError) -> RunError:
    place = error.filename or folder
    return RunError(
        f"{place!s:.300}: cannot be written ({error.strerror}); fix the cause or set `out` to another folder"
    )
