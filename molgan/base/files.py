"""Files written whole or not at all."""

import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from molgan.base.errors import RunError


def write_files(folder: Path, contents: Mapping[str, Iterable[bytes]]) -> list[Path]:
    """Write named files, each from its pieces, beside their final names, and rename them once all are on the disk."""
    paths = [Path(folder) / name for name in contents]
    parts = [path.with_name(f".{path.name}.{os.getpid()}.part") for path in paths]
    try:
        Path(folder).mkdir(parents=True, exist_ok=True)
        for part, pieces in zip(parts, contents.values(), strict=True):
            with open(part, "wb") as file:
                file.writelines(pieces)
                file.flush()
                os.fsync(file.fileno())
        for path, part in zip(paths, parts, strict=True):
            part.replace(path)
    except OSError as error:
        raise RunError(
            f"{folder}: cannot be written ({error.strerror or error}); mend that or choose another folder"
        ) from None
    finally:
        for part in parts:
            with suppress(OSError):
                part.unlink()
    return paths
