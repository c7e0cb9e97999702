"""Stream SMILES out of .smi, .csv, .tsv (each also gzipped), .sdf and .parquet files, or standard input."""

import csv
import gzip
import io
import sys
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO, TextIO

from molgan.base.errors import InputError
from molgan.chem.sdf import read_sdf

OnBad = Callable[[int, str], None]

_COLUMNS = ("smiles", "canonicalsmiles", "isomericsmiles", "isosmiles", "cxsmiles", "smi", "molecule", "structure")
_DELIMITERS = ",\t;|"
_LONGEST_LINE = 1 << 20
_BATCH = 4096


@dataclass(frozen=True, slots=True)
class Record:
    """One row: its line in the file (from 1; in Parquet its row), the SMILES as written, and the other cells."""

    line: int
    smiles: str
    fields: Mapping[str, str] = field(default_factory=dict)


def read_smiles(path: str | Path, *, column: str | None = None, on_bad: OnBad | None = None) -> Iterator[Record]:
    """Stream the rows of a file; "-" is standard input. Memory does not grow with the file.

    What the file is, is read from its content and its name. A table needs a header; its SMILES column is `column`, or
    the first of `smiles`, `canonical_smiles`, `isomeric_smiles`, … whatever their case. In a .smi file the text behind
    the SMILES is the field `name`. SDF records come as canonical SMILES, with their title as `name`.

    A row that cannot be used (no SMILES, another number of cells than the header, an unreadable SDF record) goes to
    `on_bad` as (line, reason) and is skipped; whether a SMILES is a molecule is for `parse` to say. InputError, before
    the first row is returned: no such file, empty, binary, no SMILES column, not one usable row; and later, if a
    compressed file breaks off.
    """
    first_bad: list[str] = []

    def bad(line: int, reason: str) -> None:
        if not first_bad:
            first_bad.append(f"line {line}: {reason}")
        if on_bad is not None:
            on_bad(line, reason)

    records = _records(str(path), column, bad)
    first = next(records, None)
    if first is None:
        raise InputError(f"{path}: no usable row ({first_bad[0] if first_bad else 'nothing but a header'})")
    return chain([first], records)


def _records(path: str, column: str | None, bad: OnBad) -> Iterator[Record]:
    try:
        with _open(path) as stream:
            head = stream.peek(8192)[:8192]  # type: ignore[attr-defined]
            if head[:4] == b"PAR1":
                yield from _read_parquet(path, stream, column, bad)
                return
            _refuse_binary(path, head)
            lines = _lines(io.TextIOWrapper(stream, encoding="utf-8-sig", errors="replace"))
            if not _is_sdf(path, head):
                yield from _read_text(path, lines, column, bad)
            elif column is None:
                for line, smiles, properties in read_sdf(lines, bad):
                    yield Record(line, smiles, properties)
            else:
                raise InputError(f"{path}: an SDF file has no column {column!r}; leave the column out")
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise InputError(f"{path}: damaged gzip file ({error}); fetch or compress it again") from None
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}") from None


def _open(path: str) -> BinaryIO:
    # The caller closes what is returned.
    raw: Any = sys.stdin.buffer if path == "-" else open(path, "rb")  # noqa: SIM115
    stream = raw if isinstance(raw, io.BufferedReader) else io.BufferedReader(raw)
    if stream.peek(2)[:2] == b"\x1f\x8b":
        return io.BufferedReader(gzip.GzipFile(fileobj=stream))
    return stream


def _refuse_binary(path: str, head: bytes) -> None:
    if not head.strip():
        raise InputError(f"{path}: empty")
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise InputError(f"{path}: UTF-16 text; save it as UTF-8")
    if any(byte < 32 and byte not in b"\t\n\v\f\r\x1a\x1b" for byte in head):
        raise InputError(f"{path}: binary, not a chemical file; give .smi, .csv, .tsv, .sdf or .parquet")


def _is_sdf(path: str, head: bytes) -> bool:
    name = path.lower().removesuffix(".gz")
    return name.endswith((".sdf", ".sd", ".mol")) or b"\nM  END" in head or b"\n$$$$" in head


def _lines(text: TextIO) -> Iterator[str]:
    # Iterating over the file would take a text without line ends into memory whole.
    return iter(lambda: text.readline(_LONGEST_LINE), "")


def _read_text(path: str, lines: Iterator[str], column: str | None, bad: OnBad) -> Iterator[Record]:
    before, first = next(((n, line) for n, line in enumerate(lines) if line.strip()), (0, ""))
    is_smi = path == "-" or Path(path.removesuffix(".gz")).suffix.lower() not in (".csv", ".tsv")
    for delimiter in _DELIMITERS + " " * is_smi:
        header = _split(first, delimiter)
        index = _find_column(header, column)
        if index is None:
            continue
        if delimiter == " " and index == 0:
            return _read_smi(lines, before + 1, bad)
        return _read_table(lines, before + 1, delimiter, header, index, bad)
    if is_smi and column is None:
        return _read_smi(chain([first], lines), before, bad)
    headers = [_split(first, delimiter) for delimiter in _DELIMITERS]
    raise _no_column(path, max(headers, key=lambda cells: len(cells)), column)


def _read_smi(lines: Iterator[str], before: int, bad: OnBad) -> Iterator[Record]:
    for number, line in enumerate(lines, before + 1):
        smiles, _, rest = line.strip().partition(" " if "\t" not in line else "\t")
        rest = rest.strip()
        if rest.startswith("|"):  # the extension of a CXSMILES belongs to it
            extension, _, rest = rest[1:].partition("|")
            smiles, rest = f"{smiles} |{extension}|", rest.strip()
        if smiles:
            yield Record(number, smiles, {"name": rest} if rest else {})


def _read_table(
    lines: Iterator[str], before: int, delimiter: str, header: list[str], index: int, bad: OnBad
) -> Iterator[Record]:
    reader = csv.reader(lines, delimiter=delimiter)
    others = [(i, name) for i, name in enumerate(header) if i != index]
    while True:
        line = before + reader.line_num + 1
        try:
            row = next(reader, None)
        except csv.Error:
            bad(line, f"a quote that is not closed; skipped to line {before + reader.line_num + 1}")
            continue
        if row is None:
            return
        if len(row) != len(header):
            if row:  # a blank line is no row
                bad(line, f"{len(row)} cells, the header has {len(header)}")
        elif not (smiles := row[index].strip()):
            bad(line, "no SMILES")
        else:
            yield Record(line, smiles, {name: row[i] for i, name in others})


def _read_parquet(path: str, stream: BinaryIO, column: str | None, bad: OnBad) -> Iterator[Record]:
    import pyarrow
    from pyarrow import parquet

    if not stream.seekable():
        raise InputError(f"{path}: Parquet cannot be read from a pipe; give the file's name")
    try:
        table = parquet.ParquetFile(stream)
        header = table.schema_arrow.names
        index = _find_column(header, column)
        if index is None:
            raise _no_column(path, header, column)
        row = 0
        for batch in table.iter_batches(_BATCH):
            for cells in zip(*batch.to_pydict().values(), strict=True):
                row += 1
                if cells[index] is None or not (smiles := str(cells[index]).strip()):
                    bad(row, "no SMILES")
                    continue
                yield Record(
                    row,
                    smiles,
                    {
                        name: "" if cell is None else str(cell)
                        for i, (name, cell) in enumerate(zip(header, cells, strict=True))
                        if i != index
                    },
                )
    except pyarrow.ArrowException as error:
        raise InputError(f"{path}: damaged Parquet file ({str(error).partition(chr(10))[0]})") from None


def _split(line: str, delimiter: str) -> list[str]:
    if delimiter == " ":
        return line.split()
    try:
        return [cell.strip() for cell in next(csv.reader([line], delimiter=delimiter), [])]
    except csv.Error:
        return []


def _find_column(header: Sequence[str], column: str | None) -> int | None:
    if column is not None and column in header:
        return header.index(column)
    wanted = _COLUMNS if column is None else (_plain(column),)
    names = [_plain(name) for name in header]
    return next((names.index(name) for name in wanted if name in names), None)


def _plain(name: str) -> str:
    return name.lower().replace("_", "").replace(" ", "").replace("-", "")


def _no_column(path: str, header: Sequence[str], column: str | None) -> InputError:
    present = ", ".join(f"{name:.40}" for name in header[:20])
    wanted = "no SMILES column" if column is None else f"no column {column!r}"
    return InputError(f"{path}: {wanted} in its first line; columns present: {present}")
