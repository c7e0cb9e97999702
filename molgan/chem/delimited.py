"""Rows of delimited text. A quote is read as in CSV where possible, and as a plain character elsewhere.

A quote at the start of a cell opens a quoted cell if it is closed again, with a delimiter or the end of the line behind
it, and two quotes in it stand for one. In a table whose delimiter is not a tab or a blank it may be closed on a later
line. Any other quote is text (5" or "5 prime amine), so that a forgotten one takes no rows with it.
"""

import re
from collections import deque
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from molgan.chem.molecule import parse
from molgan.chem.text_lines import Line


def split_cells(text: str, delimiter: str) -> list[str]:
    """The cells of one line; a blank as delimiter stands for white space of any length."""
    if delimiter == " ":
        return text.split()
    return _split(text, delimiter)[0]


def read_cells(
    lines: Iterator[Line], delimiter: str, width: int, index: int, longest: int
) -> Iterator[tuple[Line, list[str]]]:
    """The first line and the cells of each row of a table.

    A quoted cell spans several lines only if that gives a row of `width` cells in at most `longest` characters, and the
    lines are not rows themselves, each with a SMILES in its place.

    Args:
        lines: The lines below the header.
        delimiter: One character; a blank stands for white space of any length.
        width: Number of columns.
        index: Place of the SMILES column, from 0.
        longest: Most characters of a row that spans several lines.
    """
    waiting: deque[Line] = deque()
    spans = delimiter not in "\t "
    while (line := waiting.popleft() if waiting else next(lines, None)) is not None:
        if not spans or '"' not in line.text or line.fault:
            yield line, split_cells(line.text, delimiter)
            continue
        cells, start = _split(line.text, delimiter)
        joined, more, size, closed = cells, list[Line](), len(line.text), 0
        while start is not None and (extra := waiting.popleft() if waiting else next(lines, None)):
            more.append(extra)
            size += len(extra.text) + 1
            if extra.fault or size > longest or closed == width:
                break
            if _CONTENT.fullmatch(extra.text):
                continue
            if not _patterns(delimiter).closing.match(extra.text):
                break
            closed += 1
            joined, start = _split("\n".join([line.text, *(extra.text for extra in more)]), delimiter)
        is_one_row = start is None and len(joined) == width and "\n" not in joined[index]
        if more and not (is_one_row and not _are_rows(more, delimiter, width, index)):
            waiting.extendleft(reversed(more))
            joined = cells
        yield line, joined


def _are_rows(lines: list[Line], delimiter: str, width: int, index: int) -> bool:
    rows = (_split(line.text, delimiter)[0] for line in lines)
    return all(len(cells) == width and parse(cells[index]).valid for cells in rows)


def _split(text: str, delimiter: str) -> tuple[list[str], int | None]:
    """The cells, and the position of the first quote that opens a cell and is not closed; None where there is none."""
    if '"' not in text:
        return text.split(delimiter), None
    patterns = _patterns(delimiter)
    cells: list[str] = []
    position, start = 0, None
    while position <= len(text):
        if found := patterns.quoted.match(text, position):
            cells.append(found.group(1).replace('""', '"'))
        else:
            if start is None and patterns.opening.match(text, position):
                start = position
            found = patterns.plain.match(text, position)
            assert found is not None  # it matches the empty text
            cells.append(found.group())
        position = found.end() + 1
    return cells, start


_CONTENT = re.compile('((?:[^"]|"")*+)')


class _Patterns(NamedTuple):
    """Patterns of a quoted cell, of one that is not closed, of its end on a later line, of a cell without quotes."""

    quoted: re.Pattern[str]
    opening: re.Pattern[str]
    closing: re.Pattern[str]
    plain: re.Pattern[str]


@cache
def _patterns(delimiter: str) -> _Patterns:
    mark, content = re.escape(delimiter), _CONTENT.pattern
    end = rf'"(?={mark}|\Z)'
    texts = rf'"{content}{end}', rf'"{content}\Z', rf"{content}{end}", rf"[^{mark}]*+"
    return _Patterns(*map(re.compile, texts))
