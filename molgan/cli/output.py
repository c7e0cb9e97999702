"""Writing a result to a file or to stdout, and telling which rows of an input were left out."""

import gzip
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from io import TextIOWrapper
from pathlib import Path
from typing import TextIO

from molgan.base.errors import RunError
from molgan.base.files import write_whole

_SHOWN = 10


@contextmanager
def written(output: str) -> Iterator[TextIO]:
    """Text for the file `output` (gzipped when it ends with .gz; "-" is stdout), which is there whole or not at all.

    Raises RunError when it cannot be written.
    """
    if output == "-":
        yield sys.stdout
        sys.stdout.flush()
        return
    path = Path(output)
    try:
        with write_whole(path) as file, ExitStack() as stack:
            # No time in it, so that the same text gives the same bytes.
            gzipped = path.suffix == ".gz"
            raw = stack.enter_context(gzip.GzipFile("", "wb", fileobj=file, mtime=0)) if gzipped else file
            handle = TextIOWrapper(raw, encoding="utf-8", newline="")
            yield handle
            handle.detach()
    except OSError as error:
        if error.filename not in (None, str(path)):
            raise
        raise RunError(f"{path}: cannot be written: {error.strerror}") from None


@contextmanager
def bad_rows(file: str) -> Iterator[Callable[[int, str], None]]:
    """Takes (line, reason) of each row that was skipped; the first ten and the number of all go to stderr."""
    count = 0

    def on_bad(line: int, reason: str) -> None:
        nonlocal count
        count += 1
        if count <= _SHOWN:
            print(f"{file}:{line}: {reason}; row skipped", file=sys.stderr)

    yield on_bad
    if count > _SHOWN:
        print(f"{file}: {count:,} rows skipped in all", file=sys.stderr)
