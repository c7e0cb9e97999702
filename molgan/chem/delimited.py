"""Rows of delimited text. Quotes are those of CSV where they can be, and characters of the text where not.

A quote at the start of a cell opens a quoted cell if it is closed again, with a delimiter or the end of the line behind
it, and two quotes in it stand for one. In a table whose delimiter is not a tab or a blank it may be closed on a later
line. Any other quote is text (5" or "5 prime amine), so that a forgotten one takes no rows with it.
"""

import re
from collections import deque
from collections.abc import Iterator
from functools import cache

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
    """Each row of a table with `width` columns, the SMILES in that at `index`: its first line and its cells.

    A quoted cell goes over several lines only where that gives a row of `width` cells in at most `longest` characters,
    and these lines are not rows themselves, each with a SMILES in its place.
    """
    waiting: deque[Line] = deque()
    spans = delimiter not in "\t "
    while (line := waiting.popleft() if waiting else next(lines, None)) is not None:
        if not spans or '"' not in line.text or line.fault:
            yield line, split_cells(line.text, delimiter)
            continue
        cells, is_open = _split(line.text, delimiter)
        joined, text, more = cells, line.text, []
        while is_open and (extra := waiting.popleft() if waiting else next(lines, None)) is not None:
            more.append(extra)
            text += "\n" + extra.text
            if extra.fault or len(text) > longest:
                break
            if '"' in extra.text:
                joined, is_open = _split(text, delimiter)
        is_one_row = not is_open and len(joined) == width and "\n" not in joined[index]
        if more and not (is_one_row and not _are_rows(more, delimiter, width, index)):
            waiting.extendleft(reversed(more))
            joined = cells
        yield line, joined


def _are_rows(lines: list[Line], delimiter: str, width: int, index: int) -> bool:
    rows = (_split(line.text, delimiter)[0] for line in lines)
    return all(len(cells) == width and parse(cells[index]).valid for cells in rows)


def _split(text: str, delimiter: str) -> tuple[list[str], bool]:
    """The cells, and whether one of them opens a quote that is not closed where the text ends."""
    if '"' not in text:
        return text.split(delimiter), False
    quoted, opening, plain = _cells(delimiter)
    cells, position, is_open = [], 0, False
    while position <= len(text):
        if found := quoted.match(text, position):
            cells.append(found.group(1).replace('""', '"'))
        else:
            is_open = is_open or bool(opening.match(text, position))
            found = plain.match(text, position)
            assert found is not None  # it matches the empty text
            cells.append(found.group())
        position = found.end() + 1
    return cells, is_open


@cache
def _cells(delimiter: str) -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str]]:
    mark = re.escape(delimiter)
    content = '"((?:[^"]|"")*+)'
    return re.compile(rf'{content}"(?={mark}|\Z)'), re.compile(rf"{content}\Z"), re.compile(rf"[^{mark}]*+")
