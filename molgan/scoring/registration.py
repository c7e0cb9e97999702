"""Registration of classes under the name that they set in their definition."""

from typing import Any

_LAYER = f"{__package__}."


def is_shipped(kind: type[Any]) -> bool:
    """Whether a class sets a name and belongs to this layer. A class of a user, another package or a higher layer is
    found by its place, so that it clashes neither with the classes here nor with an earlier version of itself."""
    return "name" in vars(kind) and kind.__module__.startswith(_LAYER)


def register_class(table: dict[str, type[Any]], kind: type[Any], what: str) -> None:
    """Register a class under its `name`. Raises ValueError when another class has the name; a class that is loaded
    again replaces itself."""
    known = table.get(kind.name)
    if known is not None and _place(known) != _place(kind):
        raise ValueError(f"{_place(kind)}: there is a {what} {kind.name!r} already: {_place(known)}")
    table[kind.name] = kind


def _place(kind: type[Any]) -> str:
    return f"{kind.__module__}.{kind.__qualname__}"
