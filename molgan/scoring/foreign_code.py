"""What of a configuration runs a user's code or sends molecules away, found without importing or running any of it."""

import importlib.util
import os
import re
import shlex
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from molgan.base.content import hash_file

_VARIABLE = re.compile(r"\$\{(\w+)\}")
_runs = ContextVar("runs", default=True)


@dataclass(frozen=True)
class ForeignCode:
    """Something that runs. `text` says what: "evil.py", "command python dock.py", "server http://host/path with TOKEN
    of the environment". `digests`: the SHA-256 of its files by their paths, as far as they are found. `elsewhere`: it
    runs on another machine, which gets the molecules."""

    text: str
    digests: Mapping[str, str] = field(default_factory=dict)
    elsewhere: bool = False


@contextmanager
def without_running() -> Iterator[None]:
    """Load no scorer of a user's own within this block; stand-ins take their places."""
    token = _runs.set(False)
    try:
        yield
    finally:
        _runs.reset(token)


@contextmanager
def running_installed() -> Iterator[None]:
    """Load what an installed package offers by an entry point, also within `without_running`."""
    token = _runs.set(True)
    try:
        yield
    finally:
        _runs.reset(token)


def may_run() -> bool:
    """Whether scorers of a user's own are loaded here."""
    return _runs.get()


def is_foreign(place: str) -> bool:
    """Whether a scorer's name is a place outside molgan: `path/to/file.py:name` or `package.module:name`."""
    where, colon, _ = place.rpartition(":")
    return bool(colon) and (where.endswith(".py") or not where.startswith("molgan."))


def find_foreign(values: object, folder: Path | None = None) -> list[ForeignCode]:
    """All that a configuration, given as plain values, would run or call, each once, in order.

    Args:
        values: The values; any mapping with a key `scorer` counts.
        folder: The folder of the configuration, in which files are looked for before the working folder.
    """
    found = list(_search(values, folder or Path()))
    return [each for i, each in enumerate(found) if each not in found[:i]]


def list_foreign(found: Sequence[ForeignCode]) -> str:
    """One line on all that a configuration runs and calls; empty for nothing."""
    here, there = ([each.text for each in found if each.elsewhere == elsewhere] for elsewhere in (False, True))
    parts = [f"runs code: {', '.join(here)}"] if here else []
    return "; ".join(parts + ([f"sends molecules to {', '.join(there)}"] if there else []))


def _search(values: object, folder: Path) -> Iterator[ForeignCode]:
    if isinstance(values, Mapping):
        scorer, parameters = values.get("scorer"), values.get("parameters")
        if isinstance(scorer, str):
            yield from _describe(scorer, parameters if isinstance(parameters, Mapping) else {}, folder)
        if isinstance(ranges := values.get("ranges"), Mapping):  # of the filter `properties`, by scorer
            for name in filter(is_foreign, map(str, ranges)):
                yield from _describe(name, {}, folder)
    inside = values.values() if isinstance(values, Mapping) else values if isinstance(values, list | tuple) else ()
    for inner in inside:
        yield from _search(inner, folder)


def _describe(scorer: str, parameters: Mapping[str, Any], folder: Path) -> Iterator[ForeignCode]:
    if is_foreign(scorer):
        where = scorer.rpartition(":")[0]
        file = _find_file(where, folder) if where.endswith(".py") else _find_module(where)
        yield ForeignCode(_in_one_line(where), _hash([file]))
    elif scorer == "process":
        given = parameters.get("command")
        command = list(map(str, given)) if isinstance(given, list) else [str(given)]
        program = shutil.which(command[0]) if command else None
        files = [Path(program) if program else None, *(_find_file(part, Path()) for part in command[1:])]
        yield ForeignCode(f"command {_in_one_line(shlex.join(command))}", _hash(files))
    elif scorer == "rest":
        names = sorted(set(_VARIABLE.findall(str(parameters.get("headers")))))
        secrets = f" with {', '.join(names)} of the environment" if names else ""
        place = str(parameters.get("url")).partition("?")[0].rpartition("@")[2]
        yield ForeignCode(f"server {_in_one_line(place)}{secrets}", elsewhere=True)
    elif scorer == "qsar" and parameters.get("trust"):
        model = str(parameters.get("model"))
        yield ForeignCode(f"pickle {_in_one_line(model)}", _hash([_find_file(model, folder)]))


def _in_one_line(text: str) -> str:
    # In full: what is cut off could be what matters.
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


def _find_file(name: str, folder: Path) -> Path | None:
    for path in (folder / name, Path(name)):
        try:
            if path.is_file():
                return path.resolve()
        except (OSError, ValueError):
            continue
    return None


def _find_module(name: str) -> Path | None:
    """The file of a module, by its package's place: importlib would import the packages around it."""
    top, *rest = name.split(".")
    try:
        spec = importlib.util.find_spec(top)
    except (ImportError, ValueError, AttributeError):
        return None
    if spec is None:
        return None
    if not rest:
        return Path(spec.origin) if spec.origin and os.path.isfile(spec.origin) else None
    places = [Path(place).joinpath(*rest) for place in spec.submodule_search_locations or ()]
    files = [file for place in places for file in (place.with_suffix(".py"), place / "__init__.py") if file.is_file()]
    return files[0] if files else None


def _hash(files: list[Path | None]) -> dict[str, str]:
    digests = {}
    for file in filter(None, files):
        try:
            digests[str(file)] = hash_file(file)
        except OSError:
            continue
    return digests
