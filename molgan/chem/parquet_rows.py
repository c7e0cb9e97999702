"""Rows of Parquet files. A few kilobytes of a file may stand for gigabytes of text: equal texts are kept once, and a
batch has no more rows than its texts leave room for."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

from molgan.base.errors import InputError
from molgan.chem.columns import distinct_names, find_column, missing_column, refuse_many
from molgan.chem.text_lines import OnNote

if TYPE_CHECKING:
    import pyarrow

_MOST_ROWS = 4096
_BATCH_BYTES = 16 << 20
_MOST_ITEMS = 1 << 20  # of lists in the rows of a row group
_WIDEST = 4096  # bytes of a value of fixed width
_KEPT = 200


class ParquetRow(NamedTuple):
    """A row: its number from 1, the SMILES, the other cells, and the reason why it cannot be used."""

    number: int
    smiles: str
    fields: dict[str, str]
    reason: str | None


def read_parquet(path: str, stream: BinaryIO, column: str | None, longest: int, note: OnNote) -> Iterator[ParquetRow]:
    """Every row of a file; `longest` is the most characters of a cell. Columns of long lists are left out, which `note`
    tells. Raises InputError for a damaged file, one without a SMILES column, and a pipe."""
    import pyarrow
    from pyarrow import parquet

    if not stream.seekable():
        raise InputError(f"{path}: Parquet cannot be read from a pipe; give the file's name")
    try:
        schema = parquet.ParquetFile(stream).schema_arrow
        texts = [field.name for field in schema if _is_text(field.type)]
        file = parquet.ParquetFile(stream, read_dictionary=texts)
        header = schema.names
        refuse_many(path, header)
        index = find_column(header, column, note)
        if index is None:
            raise missing_column(path, header, column)
        places = _find_readable(schema, file.metadata, note)
        if index not in places:
            raise InputError(f"{path}: column {header[index]!r:.60} holds no text; name another with --column")
        names, row = distinct_names(header), 0
        wanted = None if len(places) == len(header) else [header[place] for place in places]
        for batch in file.iter_batches(_choose_rows(file.metadata), columns=wanted):
            if batch.num_columns != len(places):
                raise InputError(f"{path}: two columns of one name; leave out one of them")
            columns = [_read_cells(batch.column(i), longest) for i in range(batch.num_columns)]
            for cells in zip(*columns, strict=True):
                row += 1
                of = dict(zip(places, cells, strict=True))
                smiles, _ = of.pop(index)
                fields = {names[place]: text for place, (text, _) in of.items()}
                faults = [f"text of more than {longest:,} characters" for _, is_cut in cells if is_cut][:1]
                smiles = smiles.strip()
                yield ParquetRow(row, smiles, fields, faults[0] if faults else None if smiles else "no SMILES")
    except pyarrow.ArrowException as error:
        what = str(error).partition("\n")[0]
        raise InputError(f"{path}: damaged Parquet file ({what}); fetch or write it again") from None


def _is_text(kind: Any) -> bool:
    from pyarrow import types

    checks = (types.is_string, types.is_large_string, types.is_binary, types.is_large_binary)
    return any(check(kind) for check in checks)


def _find_readable(schema: "pyarrow.Schema", metadata: Any, note: OnNote) -> list[int]:
    """The places of the columns that have room in memory."""
    from pyarrow import types

    items: dict[str, int] = {}
    for group in map(metadata.row_group, range(metadata.num_row_groups)):
        for chunk in map(group.column, range(group.num_columns)):
            top = chunk.path_in_schema.partition(".")[0]
            items[top] = max(items.get(top, 0), chunk.num_values)
    places = []
    for place, field in enumerate(schema):
        wide = types.is_fixed_size_binary(field.type) and field.type.byte_width > _WIDEST
        if wide or (types.is_nested(field.type) and items.get(field.name, 0) > _MOST_ITEMS):
            note(f"column {field.name!r:.60} is left out: its values are long lists")
        else:
            places.append(place)
    return places


def _choose_rows(metadata: Any) -> int:
    """Rows of a batch: fewer where a row is long once it is decompressed."""
    groups = map(metadata.row_group, range(metadata.num_row_groups))
    longest = max((group.total_byte_size / group.num_rows for group in groups if group.num_rows), default=1.0)
    return max(1, min(_MOST_ROWS, int(_BATCH_BYTES / max(longest, 1.0))))


def _read_cells(values: Any, longest: int) -> Sequence[tuple[str, bool]]:
    """The text of each cell, cut where it is too long, and whether it is."""
    from pyarrow import types

    def show(value: Any) -> tuple[str, bool]:
        text = "" if value is None else str(value)
        return (text[:_KEPT], True) if len(text) > longest else (text, False)

    if not types.is_dictionary(values.type):
        return [show(value) for value in values.to_pylist()]
    shown = [show(value.as_py()) for value in values.dictionary]
    return [("", False) if place is None else shown[place] for place in values.indices.to_pylist()]
