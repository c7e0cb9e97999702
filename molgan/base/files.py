"""Files and folders written whole or not at all."""

import os
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

from molgan.base.errors import RunError


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


@contextmanager
def _write_all(paths: Sequence[Path]) -> Iterator[list[BinaryIO]]:
    parts = [path.with_name(f".{path.name}.{uuid4().hex[:12]}.part") for path in paths]
    files: list[BinaryIO] = []
    try:
        for part in parts:
            files.append(part.open("wb"))
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
