"""Where results that are expensive to compute and cheap to lose are kept between runs, keyed by content.

The folder is `$MOLGAN_CACHE`, else `$XDG_CACHE_HOME/molgan`, else `~/.cache/molgan`. Deleting it costs time only.
"""

import hashlib
import os
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path


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


def store(path: Path, write: Callable[[Path], None]) -> None:
    """Write an entry whole or not at all, however many processes do so at once. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=path.suffix)
    os.close(handle)
    beside = Path(name)
    try:
        write(beside)
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)
