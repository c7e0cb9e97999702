"""Write a table of molecules as .csv, .smi, .sdf and .parquet, whole or not at all."""

import io
import math
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from molgan.chem.molecule import parse
from molgan.chem.sdf import write_record
from molgan.errors import InputError, RunError

if TYPE_CHECKING:
    import pandas


def write_library(table: "pandas.DataFrame", folder: Path, stem: str = "library") -> list[Path]:
    """Write `table` as `stem`.csv, .smi, .sdf (2D coordinates) and .parquet in `folder`, which is made when missing.

    The column `smiles` is needed; `id`, when there is one, names the molecules in .smi and .sdf. The same table gives
    the same bytes. InputError if a row holds no molecule; RunError if the folder cannot be written or the disk is
    full, and then the files that were there stay as they were.
    """
    if "smiles" not in table.columns:
        raise InputError(f"{stem}: no column smiles; columns present: {', '.join(map(str, table.columns))}")
    return write_files(
        folder,
        {
            f"{stem}.csv": _csv(table),
            f"{stem}.smi": _smi(table),
            f"{stem}.sdf": _sdf(table),
            f"{stem}.parquet": _parquet(table),
        },
    )


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


def _csv(table: "pandas.DataFrame") -> Iterator[bytes]:
    yield table.to_csv(index=False, lineterminator="\n").encode()


def _parquet(table: "pandas.DataFrame") -> Iterator[bytes]:
    buffer = io.BytesIO()
    table.to_parquet(buffer, index=False)
    yield buffer.getvalue()


def _smi(table: "pandas.DataFrame") -> Iterator[bytes]:
    for smiles, name in zip(table["smiles"], _names(table), strict=True):
        yield f"{smiles} {name}".strip().encode() + b"\n"


def _sdf(table: "pandas.DataFrame") -> Iterator[bytes]:
    columns = [str(column) for column in table.columns]
    for row, (name, cells) in enumerate(zip(_names(table), table.itertuples(index=False, name=None), strict=True), 1):
        cell = dict(zip(columns, cells, strict=True))
        molecule = parse(cell["smiles"], max_heavy_atoms=5000)
        if molecule.mol is None:
            raise InputError(f"row {row}: {cell['smiles']!s:.60} is no molecule ({molecule.reason})")
        properties = {key: _text(value) for key, value in cell.items() if key != "id" and not _is_missing(value)}
        yield write_record(molecule.mol, name, properties).encode()


def _names(table: "pandas.DataFrame") -> list[str]:
    return [str(name) for name in table["id"]] if "id" in table.columns else [""] * len(table)


def _is_missing(value: Any) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value))


def _text(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else " ".join(str(value).split())
