"""Files and folders written whole or not at all."""

import fcntl
import os
import re
import shutil
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

from molgan.base.errors import RunError

_LONGEST_NAME = 120  # bytes of a name that a temporary name repeats, of the 255 that a file system allows
_SECONDS_TO_LOCK = 60.0  # a temporary file that is not locked by then has lost its writer


def write_files(folder: Path, contents: Mapping[str, Iterable[bytes]]) -> list[Path]:
    """Write several files, or none: under temporary names first, which are renamed once all are on the disk.

    `contents` are the bytes of each file, in pieces, by its name. `folder` is created when it is missing. Raises
    RunError when it cannot be written.
    """
    paths = [Path(folder) / name for name in contents]
    try:
        Path(folder).mkdir(parents=True, exist_ok=True)
        with _write_all(paths) as files:
            for file, pieces in zip(files, contents.values(), strict=True):
                file.writelines(pieces)
    except OSError as error:
        raise RunError(
            f"{folder}: cannot be written ({error.strerror or error}); make it writable or choose another folder"
        ) from None
    return paths


@contextmanager
def write_whole(path: Path) -> Iterator[BinaryIO]:
    """A file that replaces `path` at the end of the `with` block, once it is on the disk; when the block raises, the
    old file stays. Any number of processes and threads may write the same path at once. Raises OSError."""
    with _write_all([path]) as (file,):
        yield file


@contextmanager
def write_folder(folder: Path) -> Iterator[Path]:
    """A new folder that replaces `folder` at the end of the `with` block, once its files are on the disk; when the
    block raises, the old folder stays. Raises OSError.

    The files are written to `folder`.new; a crash between the two renames leaves the old folder as `folder`.old.
    """
    new, old = folder.with_name(folder.name + ".new"), folder.with_name(folder.name + ".old")
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(parents=True)
    try:
        yield new
        for path in new.iterdir():
            with path.open("rb") as file:
                os.fsync(file.fileno())
    except BaseException:
        shutil.rmtree(new, ignore_errors=True)
        raise
    shutil.rmtree(old, ignore_errors=True)
    if folder.exists():
        folder.rename(old)
    new.rename(folder)
    shutil.rmtree(old, ignore_errors=True)


def open_to_append(path: Path) -> BinaryIO:
    """A file of a run folder, made when missing, to write at its end. Raises RunError for a link, which may lead to a
    file that is none of the run's, and OSError."""
    if path.is_symlink():
        raise RunError(f"{path}: is a link, and nothing is written through one; put the file itself there")
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW, 0o666), "ab")


def remove_abandoned(path: Path) -> None:
    """Remove the temporary files that killed writers of `path` have left. A living writer holds a lock on its own."""
    named = re.compile(rf"\.{re.escape(_shorten(path.name))}\.[0-9a-f]{{12}}\.part")
    with suppress(OSError):
        for entry in os.scandir(path.parent):
            if not (named.fullmatch(entry.name) and entry.is_file(follow_symlinks=False)):
                continue
            with suppress(OSError), open(entry.path, "rb") as file:
                if time.time() - os.fstat(file.fileno()).st_mtime > _SECONDS_TO_LOCK:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    os.unlink(entry.path)


@contextmanager
def _write_all(paths: Sequence[Path]) -> Iterator[list[BinaryIO]]:
    parts = [path.with_name(f".{_shorten(path.name)}.{uuid4().hex[:12]}.part") for path in paths]
    files: list[BinaryIO] = []
    try:
        for part in parts:
            files.append(part.open("xb"))
            with suppress(OSError):  # a file system without locks
                fcntl.flock(files[-1], fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield files
        for file in files:
            file.flush()
            os.fsync(file.fileno())
            file.close()
        for path, part in zip(paths, parts, strict=True):
            part.replace(path)
    except OSError as error:
        # The user knows a file by its final name.
        final = {str(part): str(path) for part, path in zip(parts, paths, strict=True)}
        if str(error.filename) in final:
            error.filename = final[str(error.filename)]
        raise
    finally:
        for file in files:
            with suppress(OSError):
                file.close()
        for part in parts:
            with suppress(OSError):
                part.unlink()


def _shorten(name: str) -> str:
    return name.encode(errors="surrogateescape")[:_LONGEST_NAME].decode(errors="ignore")
