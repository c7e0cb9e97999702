"""Recipes, from which another process builds a scorer."""

import importlib.util
from typing import Any

from molgan.base.errors import ConfigError
from molgan.scoring.base import SCORERS, Scorer

Recipe = tuple[str, dict[str, Any]]
"""A scorer's name or place, and its parameters as plain values."""


def make_recipe(name: str, scorer: Scorer) -> Recipe:
    """The recipe of a scorer that is called `name` here. Raises ConfigError when another process cannot build it."""
    kind = type(scorer)
    parameters = scorer.parameters.model_dump(mode="json")
    if not is_registered_elsewhere(scorer):
        return name, parameters
    if kind.__module__ == "__main__" or "." in kind.__qualname__ or not _is_importable(kind.__module__):
        raise ConfigError(
            f"scorer {kind.name!r} is defined where another process cannot import it, and a timeout needs one: "
            "move it to a file and name it as file.py:name"
        )
    return f"{kind.__module__}:{kind.__qualname__}", parameters


def is_registered_elsewhere(scorer: Scorer) -> bool:
    """Whether this program has registered the scorer, so that a new process does not know its name."""
    return SCORERS.get(scorer.name) is type(scorer) and not type(scorer).__module__.startswith("molgan.")


def _is_importable(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except (ImportError, ValueError):
        return False
