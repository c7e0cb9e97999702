"""A YAML file as plain values, with overrides from the command line, and the place of each value for error messages."""

import re
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from io import StringIO
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, SequenceNode

from molgan.base.errors import ConfigError
from molgan.base.files import write_whole

Location = tuple[str | int, ...]
"""The path to a value: keys of mappings and positions in lists, from the top."""

_LONGEST = 16_000_000
_MOST_VALUES = 200_000
_DEEPEST = 64
# A value without spaces that begins with what means something to YAML, as SMILES and SMARTS may.
_UNQUOTED = re.compile(r"(?:^|: +|- +|=)([\[*@%&!{`][^\s'\"]*)$")


class YamlFile:
    """The values of a file, with overrides "key.sub=value" applied (values in YAML, list positions as numbers).

    Raises ConfigError when the file cannot be read, is not YAML, holds no mapping at the top or the same key twice, is
    nested too deep or too large once its aliases are written out, or when an override cannot be applied.
    """

    def __init__(self, path: Path, overrides: Sequence[str] = ()) -> None:
        self.path = path
        text = _read(path)
        try:
            self.values: dict[str, Any] = parse_yaml(text, f"{path}")
            lines = dict(_lines(_yaml().compose(StringIO(text))))
        except (YAMLError, ValueError, TypeError) as error:
            raise ConfigError(f"{path}{_mark(error)}: not YAML: {_problem(error)}{_hint(error, text)}") from None
        if not isinstance(self.values, dict):
            raise ConfigError(f"{path}: a configuration is lines of `key: value`; this file has none at its top level")
        self._places: dict[Location, str] = {location: f"{path}:{line}" for location, line in lines.items()}
        for override in overrides:
            self._apply(override)

    def known(self, location: Location) -> Location:
        """`location` without the parts that are not in the file, such as the name of a type or of a missing key."""
        known: Location = ()
        for part in location:
            if (*known, part) in self._places:
                known = (*known, part)
        return known

    def place(self, location: Location, message: str = "") -> str:
        """Where the value at `location` was written, for the start of an error message: "file:line" or the override.

        Keys and values below `location` that `message` quotes (outside its hint) make the place more exact: the deepest
        quoted one counts, among equally deep ones the last.
        """
        location = self.known(location)
        fault = message.partition(", did you mean")[0]
        quoted = [
            (len(spot), fault.find(repr(text)), spot)
            for spot, text in _texts(self.values)
            if spot in self._places and spot[: len(location)] == location and repr(text) in fault
        ]
        spot = max(quoted, key=lambda found: found[:2])[2] if quoted else location
        return self._places.get(spot, f"{self.path}")

    def _apply(self, override: str) -> None:
        key, equals, text = override.partition("=")
        if not equals or not key.strip():
            raise ConfigError(f"argument {override!r}: write an override as key=value or section.key=value")
        try:
            value = parse_yaml(text, f"argument {override[:60]!r}")
        except (YAMLError, ValueError, TypeError) as error:
            hint = _hint(error, override)
            raise ConfigError(f"argument {override!r}: the value is not YAML: {_problem(error)}{hint}") from None
        location = tuple(int(part) if part.isdecimal() else part for part in key.strip().split("."))
        place: Any = self.values
        for part, inner in zip(location, [*location[1:], None], strict=True):
            if isinstance(place, dict) and isinstance(part, str):
                if inner is not None and place.get(part) is None:
                    place[part] = {}
            elif not (isinstance(place, list) and isinstance(part, int) and part < len(place)):
                raise ConfigError(f"argument {override!r}: {self.path} has no place for {part!r} there")
            if inner is None:
                place[part] = value
            place = place[part]
        _check_size(self.values, f"argument {override[:60]!r}")
        self._places = {spot: text for spot, text in self._places.items() if spot[: len(location)] != location}
        for end in range(1, len(location) + 1):
            self._places.setdefault(location[:end], f"argument {override!r}")


class GivenValues(YamlFile):
    """Values from Python in place of a file's; `name` stands for the file in errors."""

    def __init__(self, values: Mapping[str, Any], name: str, overrides: Sequence[str] = ()) -> None:
        self.path = Path(name)
        _check_size(dict(values), name)
        self.values = deepcopy(dict(values))
        self._places = dict.fromkeys(_locations(self.values), name)
        for override in overrides:
            self._apply(override)


def write_yaml(values: dict[str, Any], path: Path) -> None:
    """Write plain values as YAML, keys in the order given. Raises OSError."""
    writer = _yaml()
    writer.default_flow_style = False
    writer.sort_base_mapping_type_on_output = False
    with write_whole(path) as file:
        writer.dump(values, file)


def _yaml() -> Any:
    return YAML(typ="safe", pure=True)


def parse_yaml(text: str, place: str) -> Any:
    """The values in a text. Raises ConfigError, which starts with `place`, where they are nested too deep, hold
    themselves, or are too many once aliases are written out; and YAMLError, ValueError or TypeError for other faults.

    The size is taken before any value is made: a few lines of aliases, or of merges (`<<`), fill any memory.
    """
    try:
        _measure(_yaml().compose(StringIO(text)), {}, place)
        return _yaml().load(text)
    except RecursionError:
        raise ConfigError(f"{place}: nested too deep") from None


def _measure(node: Node | None, known: dict[int, tuple[int, int] | None], place: str) -> tuple[int, int]:
    """How many values a node stands for, and how deep they are nested. `known` are those of other nodes by their id,
    None for those that this one is part of."""
    if id(node) in known:
        found = known[id(node)]
    else:
        known[id(node)] = None
        if isinstance(node, MappingNode):
            inside = [part for pair in node.value for part in pair]
        else:
            inside = node.value if isinstance(node, SequenceNode) else []
        sizes = [_measure(part, known, place) for part in inside]
        count = 1 + sum(size for size, _ in sizes) - (len(sizes) // 2 if isinstance(node, MappingNode) else 0)
        found = known[id(node)] = count, 1 + max((depth for _, depth in sizes), default=-1)
    if found is None or found[1] > _DEEPEST:
        raise ConfigError(f"{place}: nested more than {_DEEPEST} deep, or a value that holds itself")
    if found[0] > _MOST_VALUES:
        raise ConfigError(f"{place}: more than {_MOST_VALUES:,} values, its aliases written out")
    return found


def _read(path: Path) -> str:
    try:
        with path.open(encoding="utf-8") as file:
            text = file.read(_LONGEST + 1)
        if len(text) > _LONGEST:
            raise ConfigError(f"{path}: more than {_LONGEST:,} characters; a configuration is YAML")
        return text
    except UnicodeDecodeError:
        raise ConfigError(f"{path}: not a text file in UTF-8; a configuration is YAML") from None
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from None


def _check_size(value: Any, place: str) -> None:
    """Raises ConfigError for values that are nested too deep, as one that holds itself is, or too many, as aliases of
    aliases can be."""
    left, count = [(value, 0)], 0
    while left:
        value, depth = left.pop()
        count += 1
        if depth > _DEEPEST:
            raise ConfigError(f"{place}: nested more than {_DEEPEST} deep, or a value that holds itself")
        if count > _MOST_VALUES:
            raise ConfigError(f"{place}: more than {_MOST_VALUES:,} values, its aliases written out")
        inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
        left += [(inner, depth + 1) for inner in inside]


def quoting_hint(value: Any) -> str:
    """How to write a text that YAML reads as `value`, which is none; empty where there is no telling."""
    if isinstance(value, bool):
        text = str(value).lower()
    elif isinstance(value, int | float):
        text = str(value)
    elif isinstance(value, list) and value and all(isinstance(item, str) for item in value):
        text = f"[{', '.join(value)}]"
    else:
        return ""
    return f"; a text that YAML takes for something else, such as a SMILES, is quoted: '{text}'"


def _hint(error: Exception, text: str) -> str:
    """How to write a value that has to be quoted, where the line of the error has one."""
    lines = text.splitlines()
    marks = [getattr(error, name, None) for name in ("problem_mark", "context_mark")]
    for line in (lines[mark.line] for mark in marks if mark is not None and mark.line < len(lines)):
        if found := _UNQUOTED.search(line.rstrip()):
            written = found[1].rstrip(",}")  # the end of the section in braces that it stands in
            return f"; if this is a SMILES or SMARTS, quote it: '{written}'"
    return ""


def _lines(node: Node | None, location: Location = ()) -> Iterator[tuple[Location, int]]:
    """The line, counted from 1, of each key and of each item of a list."""
    if isinstance(node, MappingNode):
        for key, value in node.value:
            yield (*location, str(key.value)), key.start_mark.line + 1
            yield from _lines(value, (*location, str(key.value)))
    elif isinstance(node, SequenceNode):
        for position, item in enumerate(node.value):
            yield (*location, position), item.start_mark.line + 1
            yield from _lines(item, (*location, position))


def _locations(value: Any, location: Location = ()) -> Iterator[Location]:
    """The location of each key and of each item of a list below `value`."""
    items = value.items() if isinstance(value, Mapping) else enumerate(value) if isinstance(value, list | tuple) else ()
    for key, inner in items:
        yield (*location, key)
        yield from _locations(inner, (*location, key))


def _texts(value: Any, location: Location = ()) -> Iterator[tuple[Location, str]]:
    """Each key and each text below `value`, with its location."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield (*location, key), key
            yield from _texts(inner, (*location, key))
    elif isinstance(value, list):
        for position, inner in enumerate(value):
            yield from _texts(inner, (*location, position))
    elif isinstance(value, str):
        yield location, value


def _mark(error: Exception) -> str:
    mark = error.problem_mark if isinstance(error, MarkedYAMLError) else None
    return f":{mark.line + 1}" if mark else ""


def _problem(error: Exception) -> str:
    problem = error.problem if isinstance(error, MarkedYAMLError) else None
    return " ".join(str(problem or error or type(error).__name__).split())[:200]
