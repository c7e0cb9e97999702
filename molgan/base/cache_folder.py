"""Where results that are expensive to compute and cheap to lose are kept between runs, keyed by content.

The folder is `$MOLGAN_CACHE`, else `$XDG_CACHE_HOME/molgan`, else `~/.cache/molgan`. Deleting it costs time only.
"""

import hashlib
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from molgan.base.files import remove_abandoned, write_whole


def folder() -> Path:
    """The cache folder; not created here."""
    if chosen := os.environ.get("MOLGAN_CACHE"):
        return Path(chosen)
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "molgan"


def content_hash(texts: Iterable[str]) -> str:
    """32 hexadecimal digits, the same for equal sequences of texts; no text may hold a line break."""
    return hashlib.sha256("\n".join(texts).encode(errors="surrogatepass")).hexdigest()[:32]


def entry(kind: str, key: str, suffix: str) -> Path:
    """The path of a cached result. `kind` names its computation ("fingerprints-v1") and changes when that changes."""
    return folder() / kind / f"{key}{suffix}"


@contextmanager
def store(path: Path) -> Iterator[BinaryIO]:
    """A file to write a cache entry to; it appears whole at the end of the `with` block. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    remove_abandoned(path)
    with write_whole(path) as file:
        yield file
