"""The lines of a text file, decoded and bounded in length, so that no file fills the memory."""

import codecs
import io
import re
from collections.abc import Callable, Iterator
from typing import BinaryIO, NamedTuple

OnNote = Callable[[str], None]
"""A function that takes a sentence about a whole file."""

_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_UTF8 = "utf-8-sig"
_NOT_UTF8 = re.compile("[\udc80-\udcff]")  # a byte 0x80..0xff, as errors="surrogateescape" decodes it
_PIECE = 1 << 16
_KEPT = 200


class Line(NamedTuple):
    """A line of a file without its end. `number` counts from 1; `fault` is the reason why `text` cannot be used."""

    number: int
    text: str
    fault: str | None = None


def find_encoding(head: bytes) -> str:
    """The encoding of a file by its first bytes: UTF-8 unless a byte order mark says UTF-16 or UTF-32."""
    return next((encoding for mark, encoding in _MARKS if head.startswith(mark)), _UTF8)


def read_lines(stream: BinaryIO, encoding: str, longest: int, on_note: OnNote) -> Iterator[Line]:
    """The lines of `stream`, which end with \\n, \\r\\n or \\r.

    A byte that is not UTF-8 is read as Windows-1252, and `on_note` gets one sentence about it. A line has a fault if a
    byte is neither, or if it is longer than `longest` characters; of such a line the first 200 are kept.
    """
    errors = "surrogateescape" if encoding == _UTF8 else "replace"
    file = io.TextIOWrapper(stream, encoding=encoding, errors=errors)
    number, is_noted = 0, False
    # Iterating over the file would take a text without line ends into memory whole.
    while text := file.readline(longest + 1):
        number += 1
        if len(text) > longest and not text.endswith("\n"):
            _skip_rest(file)
            yield Line(number, _NOT_UTF8.sub("\ufffd", text[:_KEPT]), f"line of more than {longest:,} characters")
            continue
        text = text.removesuffix("\n")
        fault = None
        if text.isascii():
            pass
        elif errors == "replace":
            fault = "bytes that are not " + encoding.upper() if "\ufffd" in text else None
        elif _NOT_UTF8.search(text):
            text, fault = _read_windows(text)
            if not is_noted:
                is_noted = True
                on_note(f"line {number} is not UTF-8: read as Windows-1252; if that is wrong, save the file as UTF-8")
        yield Line(number, text, fault)


def _skip_rest(file: io.TextIOWrapper) -> None:
    while (piece := file.readline(_PIECE)) and not piece.endswith("\n"):
        pass


def _read_windows(text: str) -> tuple[str, str | None]:
    fault = None

    def decode(match: re.Match[str]) -> str:
        nonlocal fault
        byte = ord(match.group()) - 0xDC00
        character = bytes([byte]).decode("cp1252", errors="replace")
        if character == "\ufffd" and fault is None:
            fault = f"byte 0x{byte:02x} at character {match.start() + 1} is neither UTF-8 nor Windows-1252"
        return character

    return _NOT_UTF8.sub(decode, text), fault
