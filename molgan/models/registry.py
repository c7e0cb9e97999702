"""Generators by the format of their weights; a class is registered in its definition."""

from __future__ import annotations

from typing import TypeVar

from molgan.models.protocols import StoredGenerator

GENERATORS: dict[str, type[StoredGenerator]] = {}

_Class = TypeVar("_Class", bound=type[StoredGenerator])


def register(generator: _Class) -> _Class:
    """Let the class load weights of its `kind`; a decorator. Raises ValueError when the kind is taken."""
    if GENERATORS.setdefault(generator.kind, generator) is not generator:
        raise ValueError(f"there is a generator {generator.kind!r} already: {GENERATORS[generator.kind].__qualname__}")
    return generator
