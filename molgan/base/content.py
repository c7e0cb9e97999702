"""Keys for results: digests of the settings that decide a result, and of the files that these settings name."""

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def digest(content: object) -> str:
    """20 hexadecimal digits, the same for equal JSON values."""
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:20]


def hash_file(path: str | Path) -> str:
    """The SHA-256 of a file, in hexadecimal. Raises OSError."""
    with Path(path).open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def hash_files(value: object) -> dict[str, str]:
    """The hash of every file and folder that a section of the configuration names, by its absolute path."""
    paths = [text for text in flatten(value).values() if isinstance(text, str) and os.path.isabs(text)]
    found = {path: hash_file(path) for path in paths if os.path.isfile(path)}
    for path in filter(os.path.isdir, paths):
        inside = sorted(file for file in Path(path).rglob("*") if file.is_file())
        found[path] = digest([[str(file.relative_to(path)), hash_file(file)] for file in inside])
    return found


def add_contents(sections: Mapping[str, object]) -> dict[str, object]:
    """The sections of a configuration with the hashes of the files that they name, so that a key depends on both."""
    return {**sections, **{f"content of {path}": content for path, content in hash_files(sections).items()}}


def flatten(value: object, path: str = "") -> dict[str, Any]:
    """The values of nested mappings and lists by their paths, "filters.stages.0.min"; an empty mapping has no value."""
    if isinstance(value, Mapping):
        items = value.items()
    elif isinstance(value, list | tuple):
        items = dict(enumerate(value)).items()
    else:
        return {path: value}
    return {k: v for key, inner in items for k, v in flatten(inner, f"{path}.{key}" if path else str(key)).items()}
