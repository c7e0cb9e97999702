"""Write a table of molecules as .csv, .smi, .sdf and .parquet, whole or not at all."""

import io
import math
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from molgan.base.errors import InputError
from molgan.base.files import write_files
from molgan.chem.molecule import parse
from molgan.chem.sdf import write_record

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
    return write_blocks(lambda: [table], folder, stem)


def write_blocks(
    blocks: "Callable[[], Iterable[pandas.DataFrame]]",
    folder: Path,
    stem: str = "library",
    *,
    sdf: "Callable[[Iterable[pandas.DataFrame]], Iterable[bytes]] | None" = None,
) -> list[Path]:
    """As `write_library`, a table that is given block by block, anew for each file, so that it need not be in memory.

    `sdf` makes `sdf_text` of each block, by several processes, say: that takes longest.
    """
    texts = map(sdf_text, blocks()) if sdf is None else sdf(blocks())
    return write_files(
        folder,
        {
            f"{stem}.csv": (piece for i, block in enumerate(blocks()) for piece in _csv(block, header=i == 0)),
            f"{stem}.smi": (piece for block in blocks() for piece in _smi(block)),
            f"{stem}.sdf": texts,
            f"{stem}.parquet": _parquet(blocks()),
        },
    )


def sdf_text(table: "pandas.DataFrame") -> bytes:
    """The rows of a library as SDF. Raises InputError if one holds no molecule."""
    return b"".join(_sdf(table))


def _csv(table: "pandas.DataFrame", *, header: bool) -> Iterator[bytes]:
    yield table.to_csv(index=False, header=header, lineterminator="\n").encode()


def _parquet(blocks: "Iterable[pandas.DataFrame]") -> Iterator[bytes]:
    import pyarrow
    import pyarrow.parquet

    pieces, writer = _Pieces(), None
    for block in blocks:
        table = pyarrow.Table.from_pandas(block, preserve_index=False)
        if writer is None:
            writer = pyarrow.parquet.ParquetWriter(pieces, table.schema)
        writer.write_table(table.cast(writer.schema))
        yield pieces.take()
    if writer is not None:
        writer.close()
        yield pieces.take()


class _Pieces(io.RawIOBase):
    """A file that is read away while it is written."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._size = 0

    def writable(self) -> bool:
        return True

    def write(self, piece: Any) -> int:
        self._pieces.append(bytes(piece))
        self._size += len(piece)
        return len(piece)

    def tell(self) -> int:
        return self._size

    def take(self) -> bytes:
        text = b"".join(self._pieces)
        self._pieces.clear()
        return text


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
