"""Writing a result to a file or to stdout, and telling which rows of an input cannot be used."""

import gzip
import os
import shutil
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import BinaryIO, cast

from molgan.base.errors import InputError, RunError
from molgan.base.files import write_whole
from molgan.cli.bars import print_message

_SHOWN = 10
_STDOUT = ("-", "/dev/stdout")
_FORMATS = (".csv", ".tsv", ".smi", ".sdf", ".parquet")


def find_format(output: str, default: str) -> str:
    """The suffix of `output` without .gz: the format to write; `default` for stdout and where there is none, or .txt.

    Raises InputError for a suffix that stands for no format.
    """
    name = "" if output in _STDOUT else Path(output).name.lower()
    suffix = Path(name.removesuffix(".gz")).suffix
    if suffix in ("", ".txt"):
        return default
    if suffix not in _FORMATS or (suffix == ".parquet" and name.endswith(".gz")):
        raise InputError(f"{output}: no format has this suffix; write .csv, .tsv, .smi, .sdf (also .gz) or .parquet")
    return suffix


def find_regular_file(output: str) -> Path | None:
    """The file that `output` names, new or there, behind all links; None for stdout, a device or a pipe.

    Raises RunError for a folder and for what cannot be looked at.
    """
    if output in _STDOUT:
        return None
    try:
        mode = os.stat(output).st_mode
    except FileNotFoundError:
        mode = stat.S_IFREG if output else stat.S_IFDIR
    except OSError as error:
        raise RunError(f"{output}: cannot be written: {error.strerror}") from None
    if stat.S_ISDIR(mode):
        raise RunError(f"{output}: cannot be written: it is a folder; name a file")
    return Path(os.path.realpath(output)) if stat.S_ISREG(mode) else None


@contextmanager
def open_output(output: str) -> Iterator[BinaryIO]:
    """A stream of bytes into `output` (gzipped when it ends with .gz; "-" is stdout).

    A file is there whole or not at all, and what it takes the place of keeps its permissions and the links to it; a
    device or a pipe is written as it is. Raises RunError when it cannot be written.
    """
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
    # Without a name and a time in its header, so that the same content gives the same bytes.
    return cast(BinaryIO, gzip.GzipFile("", "wb", fileobj=raw, mtime=0))


@contextmanager
def _replace(file: Path) -> Iterator[BinaryIO]:
    with write_whole(file) as stream:
        yield stream
        with suppress(FileNotFoundError):
            shutil.copymode(file, stream.name)


@contextmanager
def report_bad_rows(file: str, fate: str = "row skipped") -> Iterator[Callable[[int, str], None]]:
    """Takes (line, reason) of each row that cannot be used; the first ten and the number of all go to stderr.

    `fate` says what becomes of such a row.
    """
    count = 0

    def on_bad(line: int, reason: str) -> None:
        nonlocal count
        count += 1
        if count <= _SHOWN:
            print_message(f"{file}:{line}: {reason}; {fate}")

    yield on_bad
    if count > _SHOWN:
        print_message(f"{file}: {count:,} rows in all that cannot be used; {fate}")


def report_note(file: str) -> Callable[[str], None]:
    """Takes a sentence about the whole of an input, for stderr."""
    return lambda text: print_message(f"{file}: {text}")
