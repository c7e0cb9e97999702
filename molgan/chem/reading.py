"""Stream SMILES out of .smi, .csv, .tsv (each also gzipped), .sdf and .parquet files, or standard input."""

import gzip
import io
import re
import sys
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO

from molgan.base.errors import InputError
from molgan.base.remote_files import fetch, is_url
from molgan.chem.columns import distinct_names, find_column, is_standard_name, missing_column, refuse_many
from molgan.chem.delimited import read_cells, split_cells
from molgan.chem.molecule import parse
from molgan.chem.parquet_rows import read_parquet
from molgan.chem.sdf import LONGEST_RECORD, read_sdf
from molgan.chem.stereo_groups import NOTE, group_extension
from molgan.chem.text_lines import Line, OnNote, find_encoding, read_lines

OnBad = Callable[[int, str], None]

_DELIMITERS = ",\t;|"
_LONGEST_LINE = 100_000  # characters; the SMILES that `molecule.parse` takes are shorter
_HEAD = 8192
_BLANK = "blank line"
_BLANKS = "\t\n\v\f\r\x1a\x1b"
_MOST_CONTROLS = 0.02  # of the characters of a text


@dataclass(frozen=True, slots=True)
class Record:
    """One row: its line in the file (from 1; in Parquet its row), the SMILES as written, and the other cells.

    `reason` says why a row cannot be used; `smiles` and `fields` then hold what could be read of it. `note` says what
    the SMILES leaves out of the row.
    """

    line: int
    smiles: str
    fields: Mapping[str, str] = field(default_factory=dict)
    reason: str | None = None
    note: str | None = None


def read_smiles(
    path: str | Path, *, column: str | None = None, on_bad: OnBad | None = None, on_note: OnNote | None = None
) -> Iterator[Record]:
    """The usable rows of a file, as `read_rows` reads them; the others go to `on_bad` as (line, reason).

    Raises InputError before the first row is returned if no row is usable.
    """

    def keep_usable() -> Iterator[Record]:
        for record in rows:
            if record.reason is None:
                yield record
            elif on_bad is not None:
                on_bad(record.line, record.reason)

    rows = read_rows(path, column=column, on_note=on_note)
    records = keep_usable()
    first = next(records, None)
    return records if first is None else chain([first], records)


def read_rows(path: str | Path, *, column: str | None = None, on_note: OnNote | None = None) -> Iterator[Record]:
    """Stream every row of a file, in order; "-" is standard input; of a URL (s3://…) a copy in the cache is
    read. Memory does not grow with the file.

    The format is found from the content and the name of the file. A table needs a header; its SMILES column is
    `column`, or the one whose name fits best (`columns.find_column`). In a .smi file the text behind the SMILES is the
    field `name`. SDF records come as canonical SMILES, with their title as `name`. Text is UTF-8, UTF-16 or UTF-32 with
    a mark, or Windows-1252.

    A row that cannot be used has a reason: no SMILES, a blank line (but for those that end the file), another number
    of cells than the header, more than 100,000 characters (an SDF record: 4,000,000), an unreadable SDF record, bytes
    of no encoding. SMILES are not parsed here; `parse` says whether one is valid. `on_note` gets sentences about the
    whole file: a guessed encoding, the column chosen among several, the number of rows with AND or OR stereo groups.

    Raises InputError before the first row is returned if the file is missing, empty or binary, or has no SMILES column
    or no row; and later, if a compressed file breaks off or no row was usable. For a URL also ConfigError and
    StorageError, as `fetch`.
    """
    note = on_note or (lambda text: None)
    rows = _check(str(path), _drop_last_blanks(_read_records(str(path), column, note)), note)
    first = next(rows)
    return chain([first], rows)


def _check(path: str, rows: Iterable[Record], note: OnNote) -> Iterator[Record]:
    first_bad, is_usable, groups, first_group = "nothing but a header", False, 0, 0
    for row in rows:
        if row.reason is None:
            is_usable = True
        elif first_bad == "nothing but a header":
            first_bad = f"line {row.line}: {row.reason}"
        if row.note is not None:
            groups, first_group = groups + 1, first_group or row.line
        yield row
    if not is_usable:
        raise InputError(f"{path}: no usable row ({first_bad})")
    if groups:
        molecules = "1 molecule" if groups == 1 else f"{groups:,} molecules"
        note(f"AND/OR stereo groups in {molecules} (first: line {first_group}); their centres are read as open")


def _drop_last_blanks(rows: Iterable[Record]) -> Iterator[Record]:
    first = last = 0
    for row in rows:
        if row.reason == _BLANK:
            first, last = first or row.line, row.line
            continue
        if first:
            yield from (Record(line, "", reason=_BLANK) for line in range(first, last + 1))
            first = 0
        yield row


def _read_records(path: str, column: str | None, note: OnNote) -> Iterator[Record]:
    try:
        with _open(path) as stream:
            head = stream.peek(_HEAD)[:_HEAD]  # type: ignore[attr-defined]
            if head[:4] == b"PAR1":
                for row in read_parquet(path, stream, column, _LONGEST_LINE, note):
                    yield _add_note(Record(*row))
                return
            encoding = find_encoding(head)
            start = head.decode(encoding, errors="replace")
            _refuse_binary(path, start)
            if not _is_sdf(path, start):
                lines = read_lines(stream, encoding, _LONGEST_LINE, note)
                yield from map(_add_note, _read_text(path, lines, column, note))
            elif column is None:
                for record in read_sdf(read_lines(stream, encoding, LONGEST_RECORD, note)):
                    yield Record(*record)
            else:
                raise InputError(f"{path}: an SDF file has no column {column!r}; leave the column out")
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise InputError(f"{path}: damaged gzip file ({error}); fetch or compress it again") from None
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}; name a file that can be read") from None


def _add_note(record: Record) -> Record:
    _, _, extension = record.smiles.partition(" ")
    return replace(record, note=NOTE) if extension and group_extension(extension) else record


def _open(path: str) -> BinaryIO:
    if path == "-" and sys.stdin is None:  # closed by the caller, as `<&-` does
        raise InputError("-: standard input is closed; name a file, or pass molecules by a pipe")
    # The caller closes what is returned.
    raw: Any = sys.stdin.buffer if path == "-" else open(fetch(path) if is_url(path) else path, "rb")  # noqa: SIM115
    stream = raw if isinstance(raw, io.BufferedReader) else io.BufferedReader(raw)
    if not stream.seekable():
        stream = io.BufferedReader(_Pipe(stream), _HEAD)
    if stream.peek(2)[:2] == b"\x1f\x8b":
        return io.BufferedReader(gzip.GzipFile(fileobj=stream))
    return stream


class _Pipe(io.RawIOBase):
    """A stream whose first read gives the whole head, as a file's does, though its writer sends line by line."""

    def __init__(self, stream: io.BufferedReader) -> None:
        self._stream = stream
        self._is_begun = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        read = self._stream.readinto1 if self._is_begun else self._stream.readinto
        self._is_begun = True
        return read(buffer)


def _refuse_binary(path: str, head: str) -> None:
    if not head.strip("\ufeff \t\n\v\f\r"):
        raise InputError(f"{path}: empty; give SMILES, one a line, a table with a header, or SDF records")
    # A few other control characters are faults of their rows.
    controls = [place for place, character in enumerate(head) if ord(character) < 32 and character not in _BLANKS]
    nul = head.find("\0")
    if nul >= 0 or len(controls) > _MOST_CONTROLS * len(head):
        place = nul if nul >= 0 else controls[0]
        line = head.count("\n", 0, place) + 1
        raise InputError(
            f"{path}: binary, not a chemical file (byte {ord(head[place]):#04x} in line {line}); give .smi, .csv, "
            ".tsv, .sdf or .parquet"
        )


def _is_sdf(path: str, head: str) -> bool:
    name = path.lower().removesuffix(".gz")
    lines = head.splitlines()
    has_counts = any(re.search(r"V[23]000\s*$", line) for line in lines[:6])
    ends = any(re.match(r"M  END|\$\$\$\$", line) for line in lines[1:])
    return name.endswith((".sdf", ".sd", ".mol")) or has_counts or ends


def _read_text(path: str, lines: Iterator[Line], column: str | None, note: OnNote) -> Iterator[Record]:
    before: list[Line] = []
    for first in lines:
        if first.text.strip():
            break
        before.append(first)
    else:
        return iter([])
    needs_header = Path(path.lower().removesuffix(".gz")).suffix in (".csv", ".tsv") and path != "-"
    for delimiter in _DELIMITERS + " " * (not needs_header):
        header = [cell.strip() for cell in split_cells(first.text, delimiter)]
        # A delimiter that is not there leaves the line whole: "CCO my smiles" is then no header.
        is_words = len(header) == 1 and len(first.text.split()) > 1 and not is_standard_name(header[0])
        if not needs_header and column is None and (is_words or _is_molecule(header)):
            continue
        index = find_column(header, column, note)
        if index is None:
            continue
        if first.fault is not None:
            raise InputError(f"{path}: line {first.number}, its header: {first.fault}; mend that line")
        refuse_many(path, header)
        if not needs_header and index == 0 and (delimiter == " " or len(header) == 1):
            return map(_read_smi_line, lines)
        return _read_table(lines, delimiter, header, index)
    if not needs_header and column is None:
        return map(_read_smi_line, chain(before, [first], lines))
    headers = [split_cells(first.text, delimiter) for delimiter in _DELIMITERS]
    raise missing_column(path, max(headers, key=len), column)


def _is_molecule(cells: list[str]) -> bool:
    """Whether the first line of a file that needs no header is a molecule, perhaps with a name: "CCO structure"."""
    return not any(cell.lower() == "smiles" for cell in cells) and parse(cells[0]).valid


def _read_smi_line(line: Line) -> Record:
    text = line.text.strip()
    smiles, _, rest = text.partition(" " if "\t" not in text else "\t")
    rest = rest.strip()
    if rest.startswith("|"):  # the extension of a CXSMILES belongs to it
        extension, _, rest = rest[1:].partition("|")
        smiles, rest = f"{smiles} |{extension}|", rest.strip()
    fields = {"name": rest} if rest else {}
    return Record(line.number, smiles, fields, line.fault or (None if smiles else _BLANK))


def _read_table(lines: Iterator[Line], delimiter: str, header: list[str], index: int) -> Iterator[Record]:
    others = [(i, name) for i, name in enumerate(distinct_names(header)) if i != index]
    for line, row in read_cells(lines, delimiter, len(header), index, _LONGEST_LINE):
        smiles = row[index].strip() if index < len(row) else ""
        fields = {name: row[i] for i, name in others if i < len(row)}
        reason = line.fault
        if reason is None and not line.text.strip():
            smiles, fields, reason = "", {}, _BLANK
        elif reason is None and len(row) != len(header):
            reason = f"{len(row)} cells, the header has {len(header)}"
        elif reason is None and not smiles:
            reason = "no SMILES"
        yield Record(line.number, smiles, fields, reason)
