"""A bounded in-memory cache of scores, shared by all scorers of one name, version and parameters in a process."""

from typing import Generic, TypeVar

Value = TypeVar("Value")

_CAPACITY = 100_000
_caches: dict[tuple[str, ...], "Cache"] = {}  # type: ignore[type-arg]


class Cache(Generic[Value]):
    """Values by canonical isomeric SMILES; beyond `capacity` the oldest entry goes.

    InChIKey would not do as the key: 2-pyridone and 2-hydroxypyridine share one and differ in QED and logP.
    """

    def __init__(self, capacity: int = _CAPACITY) -> None:
        self.capacity = capacity
        self._values: dict[str, Value] = {}

    def __len__(self) -> int:
        return len(self._values)

    def get(self, smiles: str) -> Value | None:
        return self._values.get(smiles)

    def put(self, smiles: str, value: Value) -> None:
        if smiles not in self._values and len(self._values) >= self.capacity:
            del self._values[next(iter(self._values))]
        self._values[smiles] = value


def shared_cache(key: tuple[str, ...]) -> Cache:  # type: ignore[type-arg]
    """The cache of one scorer: `key` is its name, version and parameters."""
    return _caches.setdefault(key, Cache())


def clear_caches() -> None:
    """Forget all scores; for tests and benchmarks."""
    _caches.clear()
