"""Writes results to a file or to stdout, and reports the rows of an input that cannot be used."""

import gzip
import os
import shutil
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import BinaryIO, cast

from molgan.base import cache_folder
from molgan.base.errors import InputError, RunError
from molgan.base.files import remove_abandoned, write_whole
from molgan.base.remote_files import check_place, is_url, read_url, upload
from molgan.cli.bars import print_message

_SHOWN = 10
_STDOUT = ("-", "/dev/stdout")
_FORMATS = (".csv", ".tsv", ".smi", ".sdf", ".parquet")


def find_format(output: str, default: str) -> str:
    """The format to write: the suffix of `output` without .gz; `default` for stdout, no suffix, or .txt.

    Raises InputError for an unknown suffix.
    """
    name = "" if output in _STDOUT else Path(output).name.lower()
    suffix = Path(name.removesuffix(".gz")).suffix
    if suffix in ("", ".txt"):
        return default
    if suffix not in _FORMATS or (suffix == ".parquet" and name.endswith(".gz")):
        raise InputError(f"{output}: unknown suffix; write .csv, .tsv, .smi, .sdf (also .gz) or .parquet")
    return suffix


def find_regular_file(output: str) -> Path | None:
    """The file that `output` names, existing or not, with links resolved; None for stdout, a device or a pipe.

    Raises InputError for a URL, RunError for a folder, or where the file system cannot be read.
    """
    if output in _STDOUT:
        return None
    _refuse_url(output, "file")
    try:
        mode = os.stat(output).st_mode
    except FileNotFoundError:
        mode = stat.S_IFREG if output else stat.S_IFDIR
    except OSError as error:
        raise RunError(f"{output}: cannot be written: {error.strerror}") from None
    if stat.S_ISDIR(mode):
        raise RunError(f"{output}: cannot be written: it is a folder; name a file")
    return Path(os.path.realpath(output)) if stat.S_ISREG(mode) else None


def name_folder(output: str) -> Path:
    """The folder that an option names. Raises InputError for an empty name, which would be the working folder, and for
    a URL, which would be a folder of that name."""
    if not output.strip():
        raise InputError("-o: the name of the folder is empty; name one, or . for the working folder")
    _refuse_url(output, "folder")
    return Path(output)


def _refuse_url(output: str, what: str) -> None:
    if "://" in output:
        raise InputError(f"-o: {output} is a URL; name a {what} of this machine, and copy it to storage afterwards")


@contextmanager
def place_output(output: str) -> Iterator[str]:
    """The name of a file or folder to write in place of `output`: itself, or for a URL one in the cache, whose content
    is written to storage at the end of the `with` block and then removed. After an interruption it is the same again.

    Raises InputError or ConfigError for a URL that cannot be written, StorageError where storage fails.
    """
    if not is_url(output):
        yield output
        return
    url = read_url(output.rstrip("/"))
    if url.startswith("file://"):
        yield url.removeprefix("file://")
        return
    check_place(url)
    copy = cache_folder.entry("outputs-1", cache_folder.content_hash([url]), f"/{url.rpartition('/')[2]}")
    copy.parent.mkdir(parents=True, exist_ok=True)
    yield str(copy)
    if copy.is_dir():
        for file in sorted(path for path in copy.iterdir() if path.is_file()):
            upload(file, f"{url}/{file.name}")
    else:
        upload(copy, url)
    shutil.rmtree(copy.parent)


@contextmanager
def open_output(output: str) -> Iterator[BinaryIO]:
    """A stream of bytes into `output` (gzipped when it ends with .gz; "-" is stdout).

    A file is written whole or not at all; a file that it replaces passes on its permissions, and links to it stay. A
    device or a pipe is written directly. Raises RunError when the output cannot be written.
    """
    if output in _STDOUT and sys.stdout is None:  # closed by the caller, as `>&-` does
        raise RunError("standard output is closed; name a file with -o")
    if output in _STDOUT:
        sys.stdout.flush()
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    file = find_regular_file(output)
    compress = _compress if output.lower().endswith(".gz") else nullcontext
    try:
        with open(output, "wb") if file is None else _replace(file) as raw, compress(raw) as stream:
            yield stream
    except OSError as error:
        if error.filename not in (None, output, str(file)):
            raise
        raise RunError(f"{output}: cannot be written: {error.strerror}") from None


def _compress(raw: BinaryIO) -> BinaryIO:
    # No name and no time in the header, so that the same content gives the same bytes.
    return cast(BinaryIO, gzip.GzipFile("", "wb", fileobj=raw, mtime=0))


@contextmanager
def _replace(file: Path) -> Iterator[BinaryIO]:
    remove_abandoned(file)
    with write_whole(file) as stream:
        yield stream
        with suppress(FileNotFoundError):
            shutil.copymode(file, stream.name)


@contextmanager
def report_bad_rows(file: str, fate: str = "row skipped") -> Iterator[Callable[[int, str], None]]:
    """Give a function that takes (line, reason) of each unusable row; the first ten and the count go to stderr.

    `fate` says what happens to such a row.
    """
    count = 0

    def on_bad(line: int, reason: str) -> None:
        nonlocal count
        count += 1
        if count <= _SHOWN:
            print_message(f"{file}:{line}: {reason}; {fate}")

    yield on_bad
    if count > _SHOWN:
        print_message(f"{file}: {count:,} rows in all cannot be used; {fate}")


def report_note(file: str) -> Callable[[str], None]:
    """A function that prints a message on an input as a whole on stderr."""
    return lambda text: print_message(f"{file}: {text}")
