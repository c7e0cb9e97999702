"""The SMILES column of a table, found by its name, and distinct names for columns."""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import count

from molgan.base.errors import InputError
from molgan.chem.text_lines import OnNote

MOST_COLUMNS = 10_000
"""Most columns of a table that are read; tables of descriptors have two thousand."""

_BEST = ("smiles", "canonicalsmiles", "isomericsmiles", "isosmiles", "cxsmiles", "smi")
_LAST = ("molecule", "structure", "canonical", "isomeric", "mol")
_ABOUT = frozenset({"id", "length", "len", "count", "number", "n", "num", "hash", "valid", "error", "source"})
_DERIVED = frozenset({"scaffold", "murcko", "framework", "fragment", "core", "linker"})
_OTHER_DELIMITERS = re.compile(r"[\t;|]")


def find_column(
    header: Sequence[str],
    column: str | None,
    on_note: OnNote | None = None,
    mend: str = "--column names another",
) -> int | None:
    """The place of the SMILES column: `column` where it is given, else the one whose name fits best.

    Case, blanks, `_` and `-` do not matter. Best is `smiles`, then `canonical_smiles`, `isomeric_smiles`, `isosmiles`,
    `cxsmiles` and `smi`; then a name that ends with "smiles" (`mol_smiles`, `Structure (SMILES)`), the shortest; then
    one with "smiles" in it (`Smiles_unify`), `molecule`, `structure`, `canonical`, `isomeric` or `mol`. Where several
    fit, `on_note` gets a sentence that names the chosen one, and `mend`. None when no name fits.
    """
    if column is not None:
        names = [_plain(name) for name in header]
        if column in header:
            return header.index(column)
        return names.index(_plain(column)) if _plain(column) in names else None
    fitting = sorted((fit, place) for place, name in enumerate(header) if (fit := _fit(name)) is not None)
    if not fitting:
        return None
    taken, *others = [f"{header[place]!r:.60}" for _, place in fitting]
    if others and on_note is not None:
        on_note(f"SMILES are read from column {taken}, not from {', '.join(others[:5])}; {mend}")
    return fitting[0][1]


def refuse_many(path: str, header: Sequence[str]) -> None:
    """Raises InputError for a table of so many columns that it is none."""
    if len(header) > MOST_COLUMNS:
        raise InputError(f"{path}: {len(header):,} columns, at most {MOST_COLUMNS:,}; leave out what is not needed")


def is_standard_name(name: str) -> bool:
    """Whether a whole name, blanks included, is one of the standard names of `find_column`."""
    return _plain(name) in (*_BEST, *_LAST)


def missing_column(path: str, header: Sequence[str], column: str | None) -> InputError:
    """The error for a table without a SMILES column, or without the column asked for."""
    present = ", ".join(f"{name:.40}" for name in header[:20])
    wanted = "no SMILES column" if column is None else f"no column {column!r}"
    return InputError(f"{path}: {wanted} in its first line; columns present: {present}; name one with --column")


def distinct_names(names: Iterable[str], taken: Iterable[str] = (), suffix: str = "") -> list[str]:
    """The names, in order; `suffix` or a number is added to a name that is in `taken` or occurs earlier."""
    names = list(names)
    given, known, found = set(names), set(taken), []
    others: dict[str, Iterator[str]] = {}  # of each name, where it went on: thousands of equal names take no longer
    for name in names:
        if name in known:
            if name not in others:
                others[name] = _number_names(f"{name}{suffix}")
            name = next(other for other in others[name] if other not in known and other not in given)
        known.add(name)
        found.append(name)
    return found


def _number_names(name: str) -> Iterator[str]:
    yield name
    yield from (f"{name}_{number}" for number in count(2))


def _fit(name: str) -> tuple[int, int] | None:
    """How well a name fits, lower is better; None where it does not fit."""
    plain, words = _plain(name), re.findall("[a-z0-9]+", name.lower())
    if _OTHER_DELIMITERS.search(name) or not words:
        return None
    if plain in _BEST:
        return 0, _BEST.index(plain)
    if "smiles" in plain and not _DERIVED.isdisjoint(words):
        return 4, len(plain)
    if words[-1].endswith("smiles"):
        return 1, len(plain)
    if "smiles" in plain and _ABOUT.isdisjoint(words):
        return 2, len(plain)
    return (3, _LAST.index(plain)) if plain in _LAST else None


def _plain(name: str) -> str:
    return re.sub(r"[\s_-]", "", name.lower())
