"""Where results that are expensive to compute and cheap to lose are kept between runs, keyed by content.

The folder is `$MOLGAN_CACHE`, else `$XDG_CACHE_HOME/molgan`, else `~/.cache/molgan`. Deleting it costs time only.
"""

import hashlib
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from molgan.base.files import write_whole


def folder() -> Path:
    """The cache folder; not created here."""
    if chosen := os.environ.get("MOLGAN_CACHE"):
        return Path(chosen)
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "molgan"


def content_hash(texts: Iterable[str]) -> str:
    """32 hexadecimal digits that tell sequences of texts apart; order counts, and none may hold a line break."""
    return hashlib.sha256("\n".join(texts).encode(errors="surrogatepass")).hexdigest()[:32]


def entry(kind: str, key: str, suffix: str) -> Path:
    """The path of the result of a kind ("fingerprints-v1") for a key; the kind changes when the computation does."""
    return folder() / kind / f"{key}{suffix}"


@contextmanager
def store(path: Path) -> Iterator[BinaryIO]:
    """A file to write an entry into: it is there whole after the `with` block, or not at all. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with write_whole(path) as file:
        yield file
