"""Write a table of molecules as .csv, .smi, .sdf and .parquet, whole or not at all."""

import io
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from molgan.base.errors import InputError
from molgan.base.files import write_files
from molgan.chem.formulas import escape_formula
from molgan.chem.guarded import find_delay, is_suspicious
from molgan.chem.molecule import Molecule, parse
from molgan.chem.sdf import write_record

if TYPE_CHECKING:
    import pandas


def write_library(table: "pandas.DataFrame", folder: Path, stem: str = "library") -> list[Path]:
    """Write `table` as `stem`.csv, .smi, .sdf (2D coordinates) and .parquet in `folder`, which is made when missing.

    The column `smiles` is required; the column `id`, where there is one, names the molecules in .smi and .sdf. The same
    table gives the same bytes. Raises InputError if a row has an invalid SMILES, and RunError if the folder cannot be
    written or the disk is full; the old files then stay unchanged.
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
    """As `write_library`, for a table that is not in memory at once: `blocks` starts its blocks anew for each file.

    `sdf` replaces `sdf_text`, which takes the most time, by several processes for example.
    """
    texts = map(sdf_text, blocks()) if sdf is None else sdf(blocks())
    return write_files(
        folder,
        {
            f"{stem}.csv": _encode_delimited(blocks(), ","),
            f"{stem}.smi": _encode_smi(blocks()),
            f"{stem}.sdf": texts,
            f"{stem}.parquet": _encode_parquet(blocks()),
        },
    )


def encode_table(blocks: "Iterable[pandas.DataFrame]", suffix: str) -> Iterator[bytes]:
    """A table with a column `smiles`, given block by block, as .csv, .tsv, .smi, .sdf or .parquet.

    No row is left out: an invalid SMILES gives an SDF record without atoms. A .smi file has the other columns behind
    the SMILES, with tabs between them and a header, as RDKit writes it. Only .csv and .parquet keep line ends in a
    cell.
    """
    match suffix:
        case ".sdf":
            return (piece.encode() for block in blocks for piece in _sdf_records(block, strict=False))
        case ".parquet":
            return _encode_parquet(blocks)
    if suffix == ".csv":
        return _encode_delimited(blocks, ",")
    return _encode_delimited((block.replace(r"\s+", " ", regex=True) for block in blocks), "\t")


def encode_samples(samples: Iterable[str | None], suffix: str) -> Iterator[bytes]:
    """Samples in the order drawn, as `encode_table` writes them, "?" for an invalid one; .smi has no header."""
    import pandas

    table = pandas.DataFrame({"smiles": [smiles or "?" for smiles in samples]})
    return _encode_smi([table]) if suffix == ".smi" else encode_table([table], suffix)


def sdf_text(table: "pandas.DataFrame") -> bytes:
    """The rows of a library as SDF. Raises InputError if a row has an invalid SMILES."""
    return "".join(_sdf_records(table, strict=True)).encode()


def _encode_delimited(blocks: "Iterable[pandas.DataFrame]", delimiter: str) -> Iterator[bytes]:
    for i, block in enumerate(blocks):
        yield escape_table(block).to_csv(index=False, header=i == 0, sep=delimiter, lineterminator="\n").encode()


def escape_table(table: "pandas.DataFrame") -> "pandas.DataFrame":
    """A table as it is written as text, with `escape_formula` of its texts and titles."""
    texts = [name for name, kind in table.dtypes.items() if kind.kind not in "biufcmM"]
    table = table.assign(**{str(name): table[name].map(escape_formula) for name in texts}) if texts else table
    return table.rename(columns=escape_formula)


def _encode_smi(blocks: "Iterable[pandas.DataFrame]") -> Iterator[bytes]:
    for block in blocks:
        for smiles, title in zip(block["smiles"], _titles(block), strict=True):
            yield f"{smiles} {title}".strip().encode() + b"\n"


def _encode_parquet(blocks: "Iterable[pandas.DataFrame]") -> Iterator[bytes]:
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
    """A file whose content is taken away piece by piece while it is written."""

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


def _sdf_records(table: "pandas.DataFrame", *, strict: bool) -> Iterator[str]:
    columns = [str(column) or f"column_{number}" for number, column in enumerate(table.columns, 1)]
    title_column = _title_column(table)
    for row, (title, cells) in enumerate(zip(_titles(table), table.itertuples(index=False, name=None), strict=True), 1):
        cell = dict(zip(columns, cells, strict=True))
        molecule = parse(cell["smiles"], max_heavy_atoms=5000)
        if molecule.mol is None and strict:
            raise InputError(f"row {row}: {cell['smiles']!s:.60} is not a molecule ({molecule.reason})")
        properties = {
            key: _text(value) for key, value in cell.items() if key != title_column and not _is_missing(value)
        }
        yield write_record(molecule.mol, title, properties, flat=_is_slow_to_draw(molecule))


def _is_slow_to_draw(molecule: Molecule) -> bool:
    if molecule.smiles is None or not is_suspicious(molecule.smiles):
        return False
    return find_delay("molgan.chem.sdf:prepare_drawing", None, molecule.smiles) is not None


def _title_column(table: "pandas.DataFrame") -> str | None:
    return next((name for name in ("id", "name") if name in table.columns), None)


def _titles(table: "pandas.DataFrame") -> list[str]:
    column = _title_column(table)
    return [""] * len(table) if column is None else [_text(title) for title in table[column]]


def _is_missing(value: Any) -> bool:
    import pandas

    return bool(pandas.isna(value))


def _text(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else " ".join(str(value).split())
