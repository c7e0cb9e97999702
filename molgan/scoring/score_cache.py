"""A bounded in-memory cache of scores, shared by all scorers of one name, version and parameters in a process."""

from collections.abc import Mapping

from molgan.scoring.shared_answers import clear_answers

_CAPACITY = 100_000

Known = tuple[float, str | None]
"""A value and its note, as a plain tuple, which Python's garbage collector need not visit again and again."""


class Cache:
    """Values by canonical isomeric SMILES; beyond `capacity` the oldest entry goes.

    InChIKey would not do as the key: 2-pyridone and 2-hydroxypyridine share one and differ in QED and logP.
    """

    def __init__(self, capacity: int = _CAPACITY) -> None:
        self.capacity = capacity
        self._values: dict[str, Known] = {}
        self.get = self._values.get

    def update(self, found: Mapping[str, Known]) -> None:
        for smiles, value in found.items():
            if smiles not in self._values and len(self._values) >= self.capacity:
                del self._values[next(iter(self._values))]
            self._values[smiles] = value


_caches: dict[str, Cache] = {}


def shared_cache(key: str) -> Cache:
    """The cache of one scorer: `key` says its name, version and parameters."""
    return _caches.setdefault(key, Cache())


def clear_caches() -> None:
    """Forget all scores; for tests and benchmarks."""
    _caches.clear()
    clear_answers()
