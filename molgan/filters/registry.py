"""The filters by name."""

from typing import Any

from molgan.filters import stages  # noqa: F401 - whose modules define them all
from molgan.filters.filter import FILTERS, Filter, register
from molgan.scoring.parameters import make_name_error

__all__ = ["FILTERS", "find_filter", "get_filter", "register"]


def find_filter(name: str) -> type[Filter]:
    """The class of a filter. Raises ConfigError with the nearest name."""
    if name not in FILTERS:
        raise make_name_error("filter", name, FILTERS)
    return FILTERS[name]


def get_filter(name: str, **parameters: Any) -> Filter:
    """A filter by its name. Raises ConfigError for an unknown name or parameter, with the nearest valid one."""
    return find_filter(name)(**parameters)
