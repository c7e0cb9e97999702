"""Cells that a spreadsheet would compute: a text of a stranger's file that begins as a formula may run a command when a
result is opened. Written behind an apostrophe it is shown as text; numbers and names stay as they are."""

import re

# All that begins with "="; with a sign or @ only what calls a function, a program or another sheet.
_FORMULA = re.compile(r"\s*'*(?:=|[+\-@].*[(|!])", re.DOTALL)
_STARTS = frozenset("=+-@' \t\r\n\v\f")


def escape_formula(cell: object) -> object:
    """A cell as it is written: a text that begins as a formula behind an apostrophe, anything else as it is."""
    if isinstance(cell, str) and cell[:1] in _STARTS and _FORMULA.match(cell):
        return f"'{cell}"
    return cell


def restore_formula(cell: str) -> str:
    """The text that `escape_formula` was given."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell[1:]) else cell
