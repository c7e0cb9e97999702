"""Arrays in the disk cache. An array that cannot be read or written costs time only."""

from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from molgan.base import cache_folder as cache


def recall(path: Path) -> NDArray[Any] | None:
    """The array of a cache entry, mapped from disk; None when the entry is missing or damaged."""
    try:
        return np.asarray(np.load(path, mmap_mode="r"))
    except (OSError, ValueError, EOFError):
        return None


def remember(path: Path, array: NDArray[Any]) -> None:
    """Store an array as a cache entry, if the disk can be written."""
    with suppress(OSError), cache.store(path) as file:
        np.save(file, array)
